# Finds the Debian mirrors that this machine's own apt uses. No mirror is ever named in this repository: a restricted
# machine has its own, and its apt sources know it.
#
# Both formats are read: one-line (sources.list, *.list) and deb822 (*.sources).

# The folder, so that tests can offer another.
mirror_etc=${GATEWAY_APT_ETC:-/etc/apt}

# Prints one candidate a line, best first: URI, a tab, and the options to keep (signed-by, trusted).
# Only sources of the component main and of a Debian suite count; third parties often use Debian's suite names too, so each
# candidate is tried before it is believed (root.sh). URIs that end in /debian are tried first.
mirror_candidates() {
  local file
  {
    for file in "$mirror_etc/sources.list" "$mirror_etc"/sources.list.d/*.list; do
      [ -r "$file" ] && mirror_one_line <"$file"
    done
    for file in "$mirror_etc"/sources.list.d/*.sources; do
      # A missing last newline or empty line must not join two files' stanzas.
      [ -r "$file" ] && { cat "$file"; printf '\n\n'; } | mirror_deb822
    done
    :
  } | awk -F'\t' '!seen[$0]++ { if ($1 ~ /\/debian\/?$/) print 0 "\t" NR "\t" $0; else print 1 "\t" NR "\t" $0 }' |
    sort -n -k1,1 -k2,2 | cut -f3-
}

# deb [arch=amd64 signed-by=/a.gpg] URI SUITE COMPONENT...
mirror_one_line() {
  awk '
    $1 == "deb" {
      sub(/#.*/, "")
      options = ""; line = $0
      if (match(line, /\[[^]]*\]/)) {
        options = substr(line, RSTART + 1, RLENGTH - 2)
        line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
      }
      n = split(line, f, /[ \t]+/)
      main = 0
      for (i = 4; i <= n; i++) if (f[i] == "main") main = 1
      if (!main || f[2] ~ /^cdrom:/ || f[3] !~ suite) next
      keep = ""
      m = split(options, o, /[ \t]+/)
      for (i = 1; i <= m; i++) if (o[i] ~ /^(signed-by=\/|trusted=yes)/) keep = keep (keep == "" ? "" : " ") o[i]
      print f[2] "\t" keep
    }' suite="$mirror_suites"
}

mirror_deb822() {
  awk '
    function flush(   n, u, i, main, known, m, s, keep) {
      if (("types" in f) && (" " f["types"] " ") ~ / deb / && tolower(f["enabled"]) != "no") {
        main = (" " f["components"] " ") ~ / main /
        m = split(f["suites"], s, " ")
        for (i = 1; i <= m; i++) if (s[i] ~ suite) known = 1
        keep = ""
        if (f["signed-by"] ~ /^\//) keep = "signed-by=" f["signed-by"]
        if (tolower(f["trusted"]) == "yes") keep = keep (keep == "" ? "" : " ") "trusted=yes"
        n = split(f["uris"], u, " ")
        if (main && known) for (i = 1; i <= n; i++) if (u[i] !~ /^cdrom:/) print u[i] "\t" keep
      }
      split("", f); key = ""
    }
    /^#/ { next }
    /^[ \t]*$/ { flush(); next }
    /^[ \t]/ { sub(/^[ \t]+/, ""); if (key != "") f[key] = f[key] " " $0; next }
    {
      key = tolower(substr($0, 1, index($0, ":") - 1))
      value = substr($0, index($0, ":") + 1)
      gsub(/^[ \t]+|[ \t]+$/, "", value)
      f[key] = value
    }
    END { flush() }' suite="$mirror_suites"
}

# Debian's release names and classes, with or without -updates. A security archive has none of the packages wanted here.
mirror_suites='^(bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)(-updates|-backports)?$'
