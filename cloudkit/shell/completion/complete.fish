set -g __cloudkit_table @TABLE@
set -g __cloudkit_offers @OFFERS@

function __cloudkit_completion
    set -l cache $HOME/.cache
    if test -n "$XDG_CACHE_HOME"
        set cache $XDG_CACHE_HOME
    end
    set -l words (commandline -opc)
    set -l fragment (commandline -ct)
    test (count $fragment) -gt 0; or set fragment ""
    set -l lines (printf '%s' $__cloudkit_table | awk $__cloudkit_offers fish @PROGRAM@ $cache/cloudkit/names $words[2..-1] $fragment 2>/dev/null)
    if test "$lines[1]" = files
        set -l opening (string match --regex '^--[^=]+=' -- $fragment)
        for path in (__fish_complete_path (string replace --regex '^--[^=]+=' '' -- $fragment))
            printf '%s%s\n' "$opening" $path
        end
    else
        printf '%s\n' $lines[2..-1]
    end
end

complete --command cloudkit --no-files --keep-order --arguments '(__cloudkit_completion)'
