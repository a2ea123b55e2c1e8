__cloudkit_table=@TABLE@
__cloudkit_offers=@OFFERS@

_cloudkit_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            files) compopt -o default 2>/dev/null ;;
            *) mapfile -t COMPREPLY ;;
        esac
    done < <(
        awk "$__cloudkit_offers" bash @PROGRAM@ "${XDG_CACHE_HOME:-$HOME/.cache}/cloudkit/names" \
            "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" <<<"$__cloudkit_table" 2>/dev/null
    )
}

complete -o nosort -F _cloudkit_completion cloudkit
