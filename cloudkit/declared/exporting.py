"""What runs, or what a file declares, as the text of a file; what a form cannot say is named in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from cloudkit.declared.declaration import MARK, Declaration, Declared
from cloudkit.declared.exported import Exported, Form
from cloudkit.declared.options import differing, options_of
from cloudkit.declared.program import program_of
from cloudkit.declared.table import table_of
from cloudkit.model.app import AppSpec

__all__ = ["exported", "rewritten"]

_Write = Callable[[Declaration], tuple[str, list[str]]]


def exported(specs: Iterable[AppSpec], *, form: Form, name: str) -> Exported:
    """Return what is wanted of some apps as a file.

    Args:
        specs: What is wanted.
        form: What kind of file.
        name: The declaration's name.
    """
    apps, losses = list[Declared](), list[str]()
    for spec in specs:
        options = options_of(_unmarked(spec))
        apps.append(Declared(spec.name, str(spec.image), options))
        losses += _lost(spec, options)
    return _written(Declaration(name=name, apps=tuple(apps)), form, losses)


def rewritten(declaration: Declaration, *, form: Form) -> Exported:
    """Return a declaration as a file of another form, with what was not used of the one that it was read from."""
    return _written(declaration, form, declaration.notes)


def _written(declaration: Declaration, form: Form, losses: Sequence[str]) -> Exported:
    text, more = _WRITERS[form](declaration)
    return Exported(form=form, text=text, losses=(*losses, *more))


def _unmarked(spec: AppSpec) -> AppSpec:
    return spec.replace(labels={key: value for key, value in spec.labels.items() if key != MARK})


def _lost(spec: AppSpec, options: Mapping[str, object]) -> Iterator[str]:
    """Yield what a declaration does not say of what runs."""
    if spec.stopped:
        yield f"{spec.name}: that it is stopped"
    yield from (f"{spec.name}: {field}" for field in differing(_unmarked(spec), options))


def _yaml(declaration: Declaration) -> tuple[str, list[str]]:
    from cloudkit.declared.yamltext import dumped

    apps = {one.name: {"image": str(one.image), **table_of(one.options)} for one in declaration.apps}
    return dumped({"name": declaration.name, "apps": apps}), []


def _python(declaration: Declaration) -> tuple[str, list[str]]:
    return program_of(declaration), []


def _compose(declaration: Declaration) -> tuple[str, list[str]]:
    from cloudkit.declared.compose.writing import compose_text

    return compose_text(declaration)


def _kubernetes(declaration: Declaration) -> tuple[str, list[str]]:
    from cloudkit.declared.kubernetes.writing import manifests_text

    return manifests_text(declaration)


_WRITERS: Mapping[str, _Write] = {
    "yaml": _yaml,
    "python": _python,
    "compose": _compose,
    "kubernetes": _kubernetes,
}
