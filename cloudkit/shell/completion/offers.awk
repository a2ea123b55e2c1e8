# What the last word of a line can become.
# Arguments: the shell, the program, the folder of names; of bash what breaks its words, and the line; else the words, of
# which fish leaves the last one as it is typed.
# Input: the table of words. Output: "offers", "noted" or "files", then a value and a note a line.
# Words and names are compared and printed, never run: what a shell is given stands in quotes.

BEGIN {
    FS = "\t"
    JOINT = "\001"
    FRESH = 5; STALE = 3600; RENEWED = 3
    shell = ARGV[1]; program = ARGV[2]; folder = ARGV[3]
    if (shell == "bash") { breaks = ARGV[4]; tokens(ARGV[5]) }
    else for (i = 4; i < ARGC; i++) if (shell == "fish" && i == ARGC - 1) tokens(ARGV[i]); else word[count++] = ARGV[i]
    ARGC = 1
    last = count - 1
    fragment = word[last]
    at = (shell == "bash") ? 1 : 0
}

$1 == "E" { for (i = 2; i <= NF; i++) variable[++variables] = $i; next }
$1 == "W" { for (i = 2; i <= NF; i++) place[$i] = ++places; next }
$1 == "C" {
    if (!begun) { begun = 1; walk("") }
    if (level == $2) { known = 1; targeted = $3; rest = $4; delete_given() }
    else if (level == "") { commands[++number] = $2; about[number] = $5 }
    next
}
$2 == "*" && level != "" && targeted != "none" && !((level, $3) in takes) { $2 = level }
$2 != level { next }
$1 == "A" { several[++arguments] = $3; fixed[arguments] = $4; live[arguments] = $5; next }
$1 == "O" {
    spelling[++options] = $3
    level_of[options] = $2
    takes[$2, $3] = $4; again[$2, $3] = $5; words_of[$2, $3] = $6; kind_of[$2, $3] = $7; same[$2, $3] = $8
    note_of[options] = $9
}

END {
    if (level != "") { if (known) walk(level); else finish() }
    if (pending != "") values(words_of[level, pending], kind_of[level, pending])
    else if (!literal && fragment ~ /^--[^=]+=/) {
        equals = index(fragment, "=")
        chosen = substr(fragment, 1, equals - 1)
        before = substr(fragment, 1, equals)
        fragment = substr(fragment, equals + 1)
        if ((level, chosen) in takes) values(words_of[level, chosen], kind_of[level, chosen])
    }
    else if (!literal && fragment ~ /^-/) spellings()
    else if (level == "") for (i = 1; i <= number; i++) offer(commands[i], about[i])
    else argument()
    finish()
}

# Read the complete words of a level: which options are given, how many words stand at their places.
function walk(of,    text) {
    while (at < last) {
        text = word[at]
        if (!literal && text == "--") { literal = 1; at++ }
        else if (!literal && text ~ /^-./) option(of, text)
        else if (of == "") { level = text; at++; return }
        else {
            if (++position == 1 && targeted == "target") target = text
            if (rest != "" && position > rest) literal = 1
            at++
        }
    }
    if (rest != "" && position >= rest && fragment !~ /^-/) literal = 1
}

function option(of, text,    equals, name) {
    equals = index(text, "=")
    name = (text ~ /^--/ && equals) ? substr(text, 1, equals - 1) : text
    at++
    if (!((of, name) in takes) && name ~ /^-[^-]/) name = substr(name, 1, 2)
    if (!((of, name) in takes)) return
    given[same[of, name]] = 1
    if (takes[of, name] != "value" || length(name) < length(text)) {
        if (equals) told(name, substr(text, equals + 1))
        return
    }
    if (at == last) pending = name
    else told(name, word[at++])
}

function told(name, text) { if (name in place) value_at[place[name]] = text }

# What stood before the command is not in the way of the same option after it.
function delete_given(    one) { for (one in given) delete given[one] }

function argument(    place_of) {
    place_of = position + 1
    if (place_of > arguments && arguments && several[arguments] == "many") place_of = arguments
    if (place_of <= arguments) values(fixed[place_of], live[place_of])
}

function spellings(    i) {
    for (i = 1; i <= options; i++)
        if (level_of[i] == level && (!(same[level, spelling[i]] in given) || again[level, spelling[i]] == "many"))
            offer(spelling[i], note_of[i])
}

function values(choices, kind,    i, n, one) {
    if (choices == "file") { print "files"; done = 1; return }
    n = split(choices, one, " ")
    for (i = 1; i <= n; i++) offer(one[i], "")
    if (kind != "") names(kind)
}

# Offer the names that a file has, else those that the program tells.
function names(kind,    file, line, age, tab) {
    file = kind
    if (sub(/^app /, "", file)) {
        if (target == "") return
        if (target !~ /^[A-Za-z0-9][A-Za-z0-9_.-]*$/ || length(target) > 100) { ask(); return }
        file = file "." target
    }
    if (!located()) { ask(); return }
    file = cloud "/" file
    if ((getline line < file) <= 0 || line !~ /^[0-9]+$/) { ask(); return }
    age = now - line
    if (age < 0 || age >= STALE) { close(file); ask(); return }
    while ((getline line < file) > 0) {
        tab = index(line, "\t")
        offer(substr(line, 1, tab - 1), substr(line, tab + 1))
    }
    close(file)
    renewing = age >= FRESH
}

# Find the cloud that is meant, by a note that still holds.
function located(    key, i, line, note, part, parts, files, look, seen) {
    key = ENVIRON["PWD"]
    for (i = 1; i <= variables; i++) key = key JOINT ENVIRON[variable[i]]
    for (i = 1; i <= places; i++) key = key JOINT value_at[i]
    while ((getline line < (folder "/places")) > 0) if (index(line, key "\t") == 1) note = line
    close(folder "/places")
    if (note == "") return 0
    parts = split(substr(note, length(key) + 2), part, "\t")
    for (i = 3; i <= parts; i++) files = files " " quoted(part[i])
    look = "test -O " quoted(folder) " && date +%s; pwd -P; cksum" files " 2>/dev/null; LC_ALL=C ls -d" files " 2>/dev/null"
    look | getline now
    while ((look | getline line) > 0) seen = (seen == "" ? "" : seen JOINT) line
    close(look)
    cloud = folder "/" part[1]
    return part[1] ~ /^[0-9a-f]+$/ && now ~ /^[0-9]+$/ && seen == part[2]
}

function ask(    line, tab) {
    found = 0
    while ((program_line() | getline line) > 0) {
        tab = index(line, "\t")
        offer(substr(line, 1, tab - 1), substr(line, tab + 1))
    }
}

function program_line(    i, line) {
    line = "_CLOUDKIT_COMPLETE=offers " quoted(program)
    for (i = (shell == "bash") ? 1 : 0; i < count; i++) line = line " " quoted(word[i])
    return line " 2>/dev/null </dev/null"
}

# Have old names asked for again, once in a while however often the key is pressed.
function renew(    marker, line) {
    marker = cloud "/renewing"
    if ((getline line < marker) > 0 && now - line >= 0 && now - line < RENEWED) return
    close(marker)
    print now > marker
    close(marker)
    system(program_line() " >/dev/null 2>&1 &")
}

function offer(value, note) {
    if (value == "" || (fragment != "" && index(value, fragment) != 1)) return
    value_found[++found] = value
    note_found[found] = note
    if (note != "") noted = 1
}

function finish(    i) {
    if (!done) print noted ? "noted" : "offers"
    for (i = 1; i <= found && !done; i++) print written(value_found[i], note_found[i])
    if (renewing) { renewing = 0; renew() }
    exit
}

function written(value, note) {
    value = before value
    if (shell == "bash") return escaped(substr(value, cut + 1))
    if (shell == "zsh") return value "\t" value (note == "" ? "" : "  -- " note)
    return value "\t" note
}

# Return what stands for itself at this place of bash's line.
function escaped(text,    i, sign, result, special) {
    special = quote == "" ? " !\"#$&\047()*;<>?[\\]^`{|}~" : quote == "\"" ? "\"$\\`" : "\047"
    if (text !~ /[^A-Za-z0-9_.,\/:=@%+-]/) return text
    for (i = 1; i <= length(text); i++) {
        sign = substr(text, i, 1)
        if (!index(special, sign)) result = result sign
        else result = result (quote == "\047" ? "\047\\\047\047" : "\\" sign)
    }
    return result
}

# Return a text as one word of a POSIX shell.
function quoted(text,    bit, bits, i, result) {
    bits = split(text, bit, "\047")
    result = "\047" bit[1]
    for (i = 2; i <= bits; i++) result = result "\047\\\047\047" bit[i]
    return result "\047"
}

# Split bash's line as bash does, without running what is in it; what is typed of the last word begins after `cut`.
function tokens(line,    i, sign, next_sign, text, begun_word) {
    for (i = 1; i <= length(line); i++) {
        sign = substr(line, i, 1)
        next_sign = substr(line, i + 1, 1)
        if (quote != "" && sign == quote) { quote = ""; cut = length(text) }
        else if (sign == "\\" && (quote == "" || (quote == "\"" && next_sign != "" && index("\"$\\`", next_sign)))) {
            text = text next_sign; begun_word = 1; i++
        }
        else if (quote != "") text = text sign
        else if (sign == "\047" || sign == "\"") { quote = sign; begun_word = 1; cut = length(text) }
        else if (sign ~ /[ \t\n]/) {
            if (begun_word) word[count++] = text
            text = ""; begun_word = 0; cut = 0
        }
        else {
            text = text sign; begun_word = 1
            if (index(breaks, sign)) cut = length(text)
        }
    }
    word[count++] = text
}
