#compdef cloudkit
typeset -g __cloudkit_table=@TABLE@
typeset -g __cloudkit_offers=@OFFERS@

_cloudkit_completion() {
    local -a lines values shown
    lines=("${(@f)$(
        awk "$__cloudkit_offers" zsh @PROGRAM@ "${XDG_CACHE_HOME:-$HOME/.cache}/cloudkit/names" \
            "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" <<<"$__cloudkit_table" 2>/dev/null
    )}")
    values=("${(@)lines[2,-1]%%$'\t'*}")
    shown=("${(@)lines[2,-1]#*$'\t'}")
    case $lines[1] in
        files)
            [[ $PREFIX == --*=* ]] && compset -P '*='
            _files
            ;;
        noted) compadd -l -V cloudkit -d shown -a values ;;
        *) compadd -V cloudkit -a values ;;
    esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _cloudkit_completion "$@"
else
    compdef _cloudkit_completion cloudkit
fi
