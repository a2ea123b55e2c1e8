"""What reaches the bot is Slack's, is acted on once, and does no more than who asks may do."""

from __future__ import annotations

import hmac
import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from bot.conftest import Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, Telemetry
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.cedar import CedarPolicy
from cloudkit_bot.policy.verdict import Policy
from cloudkit_bot.serving import BODY_LIMIT, Service
from cloudkit_bot.testing import Message, Opened, Person, Workspace
from cloudkit_bot.testing.person import encoded, posted
from cloudkit_bot.words.grammar import chat_catalogue

FORM = "application/x-www-form-urlencoded"
RULES = """
@id("look") permit(principal, action in Action::"viewer", resource);
@id("operators") permit(principal in Group::"SOPS", action in Action::"operator", resource);
@id("admins") permit(principal in Group::"SADMIN", action, resource);
"""


@pytest.fixture
def policy() -> Policy:
    """Members look, operators change, admins remove."""
    return CedarPolicy(RULES, chat_catalogue())


def somebody(scene: Scene, name: str, *groups: str, **kind: Any) -> Person:  # the fields of a user
    """Return a user of the bot, in #ops."""
    return Person(
        slack=scene.slack, user=scene.slack.user(name, groups=groups, **kind), channel=scene.ops, url=scene.url
    )


def told(scene: Scene, person: Person, words: str) -> Message:
    """Return the message that says some words to somebody, as soon as there is one."""
    return scene.slack.until(lambda: [one for one in scene.slack.seen(by=person.user) if words in one.text])[-1]


def sent(scene: Scene, body: bytes, headers: Mapping[str, str], kind: str = FORM) -> int:
    """Send a request as it is, and return how it was answered."""
    return posted(scene.url, body, {**headers, "Content-Type": kind})[0]


def order(person: Person, text: str = "scale web 9") -> bytes:
    """Return a slash command as Slack encodes it."""
    form = person.place() | {
        "command": "/cloud",
        "text": text,
        "trigger_id": person.trigger(),
        "user_id": person.user.id,
    }
    return encoded("slash_commands", form | {"response_url": person.address()})[1]


def untouched(scene: Scene) -> bool:
    """Tell whether the app is as it was, once all that was asked for is over."""
    scene.slack.until(lambda: scene.service.bot.pool.busy == 0)
    return [app.ready for app in scene.cloud.apps()] == [2]


def proof(scene: Scene, body: bytes, *, age: int = 0, secret: str = "") -> dict[str, str]:
    """Return the headers that prove a body."""
    key, stamp = (secret or scene.slack.signing_secret).encode(), str(int(time.time()) - age)
    signature = hmac.new(key, f"v0:{stamp}:".encode() + body, "sha256").hexdigest()  # of bytes that are no text, too
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}


class TestRequests:
    """What is not Slack's is refused before it is read."""

    def test_every_part_of_the_proof_counts(self, scene: Scene) -> None:
        """Another secret, no proof, another time, another body, an old or a coming time, half a proof."""
        admin = somebody(scene, "admin", "SADMIN")
        body = order(admin)
        good = proof(scene, body)
        stamp, signature = "X-Slack-Request-Timestamp", "X-Slack-Signature"
        forged: list[tuple[bytes, dict[str, str]]] = [
            (body, proof(scene, body, secret="another")),
            (body, {}),
            (body, {stamp: good[stamp]}),
            (body, {signature: good[signature]}),
            (body, good | {stamp: str(int(good[stamp]) + 1)}),
            (body + b"&text=delete+web", good),
            (body, proof(scene, body, age=301)),
            (body, proof(scene, body, age=-301)),
            (body, good | {stamp: "soon"}),
            (body, good | {signature: good[signature][:20]}),
            (body, good | {signature: ""}),
        ]

        statuses = [sent(scene, *request) for request in forged]

        assert statuses == [401] * len(forged)
        assert untouched(scene)

    def test_a_forged_request_uses_no_delivery_up(self, scene: Scene) -> None:
        """Whoever guesses a trigger keeps nobody's command away."""
        admin = somebody(scene, "admin", "SADMIN")
        body = order(admin, "scale web 3")

        forged = sent(scene, body, proof(scene, body, secret="another"))
        real = sent(scene, body, proof(scene, body))

        assert (forged, real) == (401, 200)
        scene.slack.until(lambda: scene.cloud.app("web").status().ready == 3)

    @pytest.mark.parametrize("age", [0, 200])
    def test_a_replay_inside_the_window_does_nothing(self, scene: Scene, age: int) -> None:
        """The same bytes with the same proof, while that is still good."""
        admin = somebody(scene, "admin", "SADMIN")
        body = order(admin, "scale web 3")
        headers = proof(scene, body, age=age)

        first = sent(scene, body, headers)
        scene.slack.until(lambda: scene.cloud.app("web").status().ready == 3)
        scene.cloud.app("web").scale(2)
        again = [sent(scene, body, headers) for _ in range(3)]

        assert (first, again) == (200, [200, 200, 200])
        assert untouched(scene)

    def test_what_has_no_name_is_acted_on_once_by_its_proof(self, scene: Scene) -> None:
        """A delivery without a trigger is the same one when its bytes are."""
        admin = somebody(scene, "admin", "SADMIN")
        wrote = admin.wrote("<@U1> scale web 3", "")
        body = json.dumps(
            {
                "type": "event_callback", "team_id": scene.slack.team,
                "event": {"type": "app_mention", "user": admin.user.id, "text": "<@U1> scale web 3", "ts": wrote.ts,
                          "channel": scene.ops.id},
            }
        ).encode()  # fmt: skip
        headers = proof(scene, body)

        for _ in range(3):
            sent(scene, body, headers, "application/json")
        scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])

        scene.slack.until(lambda: scene.service.bot.pool.busy == 0)
        assert len([one for one in scene.slack.seen() if one.text.startswith("scale web 3")]) == 1

    def test_clicks_and_forms_are_acted_on_once(self, scene: Scene) -> None:
        """However often they are delivered."""
        admin = somebody(scene, "admin", "SADMIN")
        admin.command("status web --share")
        card = scene.slack.until(lambda: [one for one in scene.slack.seen(scene.ops) if "actions" in one.kinds])[-1]
        kind, body = "interactive", admin.who() | {
            "type": "block_actions", "trigger_id": admin.trigger(), "response_url": admin.address(),
            "channel": {"id": scene.ops.id}, "container": {"message_ts": card.ts}, "message": {"ts": card.ts},
            "actions": [{"type": "button", "action_id": "run:0", "value": "scale web 3"}],
        }  # fmt: skip

        for attempt in range(3):
            admin.deliver(kind, body, retry=attempt)
        scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])

        scene.slack.until(lambda: scene.service.bot.pool.busy == 0)
        assert len([one for one in scene.slack.seen() if one.text.startswith("scale web 3: done")]) == 1


ODD: dict[str, tuple[str, bytes]] = {
    "no body": (FORM, b""),
    "no form": (FORM, b"\xff\xfe\x00"),
    "nobody asks": (FORM, b"command=%2Fcloud&text=scale+web+9"),
    "no JSON": ("application/json", b'{"type": "event_callback", "event": '),
    "a list": ("application/json", b"[1, 2, 3]"),
    "a number": ("application/json", b"7"),
    "deep JSON": ("application/json", b"[" * 20_000 + b"]" * 20_000),
    "an event that is none": ("application/json", b'{"type": "event_callback", "event": []}'),
    "a payload that is none": (FORM, b"payload=%7B"),
    "a payload that is a list": (FORM, b"payload=%5B1%5D"),
    "people that are lists": (FORM, urlencode({"payload": '{"type":"block_actions","user":[],"actions":[]}'}).encode()),
    "a view that is none": (FORM, urlencode({"payload": '{"type":"view_submission","view":{},"user":{}}'}).encode()),
    "another kind": ("image/png", b"\x89PNG"),
    "UTF-16": ("application/json; charset=utf-16", '{"type": "event_callback"}'.encode("utf-16")),
    "half a character": (FORM, b"command=%2Fcloud&text=%C3&team_id=T1&user_id=U1&channel_id=C1&trigger_id=1"),
    "a number that is none": ("application/json", b'{"type": "event_callback", "event": {"user": NaN}}'),
}


class TestBodies:
    """What cannot be read is refused, and the bot goes on."""

    @pytest.mark.parametrize("what", ODD)
    def test_an_odd_body_does_nothing(self, scene: Scene, what: str) -> None:
        """Though it is signed; nothing of the bot's inside is told, and the next line is answered."""
        kind, body = ODD[what]

        _, answer = posted(scene.url, body, proof(scene, body) | {"Content-Type": kind})
        bob = somebody(scene, "bob")
        bob.command("apps")

        assert "Traceback" not in str(answer)
        assert "NAME" in told(scene, bob, "NAME").text
        assert untouched(scene)

    @pytest.mark.parametrize("what", ODD)
    def test_an_odd_body_that_nothing_proves_is_not_read(
        self, scene: Scene, what: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whoever sends it learns nothing, and fills no log."""
        kind, body = ODD[what]

        status = sent(scene, body, proof(scene, body, secret="another"), kind)

        assert status == 401
        assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []

    def test_a_body_that_is_too_long_is_not_read(self, scene: Scene) -> None:
        """Whoever sends it has proved nothing yet."""
        port = scene.service.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest("POST", "/slack/events")
        connection.putheader("Content-Length", str(BODY_LIMIT + 1))
        connection.endheaders()
        connection.send(b"x")

        status = connection.getresponse().status
        connection.close()

        assert status == 413
        assert untouched(scene)

    @pytest.mark.parametrize("text", ["web " * 50_000, "\u202e" * 9_000, "'" * 8_001, "--" * 9_000, "&lt;" * 9_000])
    def test_a_line_that_is_too_long_is_answered(self, scene: Scene, text: str) -> None:
        """Within what a message holds."""
        bob = somebody(scene, "bob")

        bob.command(f"scale {text}")

        assert scene.slack.until(lambda: [one for one in scene.slack.seen(by=bob.user) if one.seen_by])

    @pytest.mark.parametrize("encoded_text", [b"scale+web+3", b"scale%20web%203", b"%73cale%20web+%33"])
    def test_a_line_is_the_same_however_it_is_encoded(self, scene: Scene, encoded_text: bytes) -> None:
        """Slack writes a blank as ``+``, others as ``%20``."""
        admin = somebody(scene, "admin", "SADMIN")
        body = order(admin, "TEXT").replace(b"TEXT", encoded_text)

        status = sent(scene, body, proof(scene, body))

        assert status == 200
        scene.slack.until(lambda: scene.cloud.app("web").status().ready == 3)


class TestWhoAsks:
    """Identifiers that Slack tells count; names do not."""

    def test_a_name_is_nobody(self, scene: Scene) -> None:
        """Called as an admin is, or as the policy writes."""
        admin = somebody(scene, "admin", "SADMIN")
        for name in (
            "admin",
            admin.user.id,
            f'User::"{admin.user.id}"',
            "SADMIN",
            f"<@{admin.user.id}>",
            "\u202enimda",
        ):
            mallory = somebody(scene, name)
            mallory.command("delete web")
            told(scene, mallory, "you may not delete web")

        assert untouched(scene)

    def test_another_workspace_with_a_signature_is_refused(self, scene: Scene) -> None:
        """The app may be installed there, too: its people, with an identifier of ours even, are strangers."""
        admin = somebody(scene, "admin", "SADMIN")
        for team in ("T0OTHER", ""):
            body = order(admin).replace(scene.slack.team.encode(), team.encode())
            sent(scene, body, proof(scene, body))
            told(scene, admin, "you may not scale web")

        assert untouched(scene)

    def test_another_organisation_is_refused(self, slack: Workspace, memory: Cloud, policy: Policy) -> None:
        """Though it calls its workspace as ours is called."""
        slack.enterprise = "E0OURS"
        registry = CollectorRegistry()
        bot = Bot(settings_of(slack), memory, policy=policy, telemetry=Telemetry(registry))
        with Service(bot, registry) as service:
            scene = Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))
            admin = somebody(scene, "admin", "SADMIN")

            slack.enterprise = "E0OTHERS"
            admin.command("scale web 9")
            told(scene, admin, "you may not scale web")
            slack.enterprise = "E0OURS"
            admin.command("scale web 3")

            slack.until(lambda: memory.app("web").status().ready == 3)

    @pytest.mark.parametrize("kind", ["guest", "stranger", "bot"])
    def test_who_is_no_member_is_refused_even_to_look(self, scene: Scene, kind: str) -> None:
        """A rule for everybody is not for them."""
        other = somebody(scene, "other", **{kind: True})

        other.command("logs web")

        told(scene, other, "you may not logs web")

    def test_a_user_whom_slack_has_closed_is_refused(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever groups they were in."""
        admin = somebody(scene, "admin", "SADMIN")
        monkeypatch.setattr(type(admin.user), "told", lambda user: {"id": user.id, "deleted": True})

        admin.command("scale web 9")

        told(scene, admin, "Slack does not tell who asks")
        assert untouched(scene)

    def test_the_bot_does_not_answer_itself(self, scene: Scene, slack: Workspace) -> None:
        """What it has written is no line, though it begins with its name."""
        itself = Person(slack=slack, user=slack.bot, channel=scene.ops, url=scene.url)

        itself.mention("apps")
        scene.slack.until(lambda: scene.service.bot.pool.busy == 0)

        assert [one for one in slack.messages if one.blocks] == []


def opened(scene: Scene, person: Person, verb: str) -> Opened:
    """Return the form of a verb, as it opens for somebody."""
    before = set(scene.slack.views)
    person.command("")
    chooser = scene.slack.until(lambda: [view for name, view in scene.slack.views.items() if name not in before])[-1]
    person.choose(chooser, verb)
    return scene.slack.until(
        lambda: [one for one in scene.slack.views.values() if one.view.get("submit") and one.user == person.user.id]
    )[-1]


class TestDeputy:
    """The bot may do everything; whoever asks it may not."""

    @pytest.mark.parametrize("value", ["delete web", "scale web 9", "--share delete web", "deploy evil evil:1"])
    def test_a_buttons_value_is_asked_about_again(self, scene: Scene, value: str) -> None:
        """A button of a card that an admin was shown, with a value of one's own."""
        admin, bob = somebody(scene, "admin", "SADMIN"), somebody(scene, "bob")
        admin.command("status web --share")
        card = scene.slack.until(lambda: [one for one in scene.slack.seen(scene.ops) if "actions" in one.kinds])[-1]

        bob.press(card, "Restart", value=value)

        told(scene, bob, "you may not")
        assert untouched(scene)

    @pytest.mark.parametrize("value", ["", "{}", "null", "R1", "../1", "' OR 1=1", "delete web", "\u202e"])
    def test_an_approval_of_nothing_does_nothing(self, scene: Scene, value: str) -> None:
        """Though the button was one's own."""
        admin = somebody(scene, "admin", "SADMIN")
        admin.command("delete web")
        question = told(scene, admin, "asks for approval")

        status = admin.press(question, "Approve", value=value).status

        assert status == 200
        assert untouched(scene)

    def test_an_approval_is_asked_about_for_who_presses(self, scene: Scene) -> None:
        """With its value as it is."""
        admin, bob = somebody(scene, "admin", "SADMIN"), somebody(scene, "bob")
        admin.command("delete web")
        question = told(scene, admin, "asks for approval")

        bob.press(question, "Approve")
        scene.slack.until(lambda: [one for one in scene.slack.seen(by=bob.user) if one.seen_by == bob.user.id])

        assert untouched(scene)

    def test_a_form_is_not_believed_where_it_was_opened(self, slack: Workspace, memory: Cloud) -> None:
        """A rule about a channel holds for the channel, not for what a form hides."""
        registry, ops = CollectorRegistry(), slack.channel("ops")
        rules = f'permit(principal, action, resource) when {{ context.channel == "{ops.id}" }};'
        bot = Bot(
            settings_of(slack), memory, policy=CedarPolicy(rules, chat_catalogue()), telemetry=Telemetry(registry)
        )
        with Service(bot, registry) as service:
            scene = Scene(slack=slack, cloud=memory, service=service, ops=ops)
            bob, eve = somebody(scene, "bob"), scene.person("eve", channel=slack.channel("random"))
            view = opened(scene, eve, "Scale")
            real, hidden = opened(scene, bob, "Scale"), view.view["private_metadata"]

            for forged in (
                f"{hidden[:-9]}{'A' * 8}=",
                json.dumps({"channel": ops.id, "thread": "", "verb": "scale"}),
                real.view["private_metadata"],
                "",
            ):
                view.view["private_metadata"] = forged
                answered = eve.submit(view, name="web", replicas=9)
                assert answered.body["response_action"] == "errors"
            view.view["private_metadata"] = hidden
            eve.submit(view, name="web", replicas=9)
            told(scene, eve, "you may not scale web")
            assert untouched(scene)

            bob.submit(real, name="web", replicas=3)
            slack.until(lambda: memory.app("web").status().ready == 3)

    def test_a_field_of_a_form_is_one_word(self, scene: Scene) -> None:
        """Whatever is typed into it."""
        admin = somebody(scene, "admin", "SADMIN")
        form = opened(scene, admin, "Scale")

        answered = admin.submit(form, name="web --replicas=9; delete web", replicas="3 --no-wait")

        assert answered.body["response_action"] == "errors"
        assert untouched(scene)

    def test_a_menu_offers_no_names_to_who_may_not_see_them(self, scene: Scene) -> None:
        """What is there is told to who may look."""
        guest = somebody(scene, "guest", guest=True)

        assert guest.suggest("names:AppState", "we") == []

    @pytest.mark.parametrize("kind", ["names:Nothing", "names:__class__", "names:"])
    def test_a_menu_of_nothing_offers_nothing(self, scene: Scene, kind: str) -> None:
        """A kind that there is not is none."""
        assert somebody(scene, "bob").suggest(kind, "we") == []

    @pytest.mark.parametrize("name", ["w\u0435b", "web\u200d", "\u202ebew", "web\u00ad", "\uff57\uff45\uff42"])
    def test_a_name_that_looks_like_an_app_is_not_it(self, scene: Scene, name: str) -> None:
        """Nothing is done, and what is answered shows nothing that is not seen."""
        admin = somebody(scene, "admin", "SADMIN")

        admin.command(f"scale {name} 9")
        answer = scene.slack.until(lambda: [one for one in scene.slack.seen(by=admin.user) if one.blocks])[-1]

        assert not any(hidden in answer.text + str(answer.blocks) for hidden in "\u200d\u202e\u00ad")
        assert untouched(scene)

    def test_stopping_is_asked_about_for_who_presses(self, scene: Scene) -> None:
        """Nobody who could not have begun it."""
        admin, bob = somebody(scene, "admin", "SADMIN"), somebody(scene, "bob")
        work = _Work()
        scene.service.bot.pool.running["ab"] = ("scale web 9", work)
        admin.command("status web --share")
        card = scene.slack.until(lambda: [one for one in scene.slack.seen(scene.ops) if "actions" in one.kinds])[-1]

        halt(scene, bob, card, "ab")
        told(scene, bob, "you may not scale web")
        halt(scene, bob, card, "../ab")
        told(scene, bob, "it is over already")
        stopped_by_bob = work.stopped
        halt(scene, admin, card, "ab")
        scene.slack.until(lambda: work.stopped)

        assert not stopped_by_bob


class _Work:
    """Work that remembers that it was stopped."""

    stopped = False

    def stop(self) -> None:
        """End."""
        self.stopped = True


def halt(scene: Scene, person: Person, card: Message, name: str) -> None:
    """Press *Stop* of some work."""
    payload = person.who() | {
        "type": "block_actions", "trigger_id": person.trigger(), "response_url": person.address(card.ts),
        "channel": {"id": scene.ops.id}, "container": {"message_ts": card.ts}, "message": {"ts": card.ts},
        "actions": [{"type": "button", "action_id": f"halt:{name}", "value": name}],
    }  # fmt: skip
    person.deliver("interactive", payload)
