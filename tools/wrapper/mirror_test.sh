#!/usr/bin/env bash
# Finding the machine's Debian mirror in both formats of apt sources.
# shellcheck source=testing.sh
. "$(dirname "${BASH_SOURCE[0]}")/testing.sh"
# shellcheck source=mirror.sh
. "$(dirname "${BASH_SOURCE[0]}")/mirror.sh"

# sources FILE: standard input becomes a file of the fake /etc/apt.
sources() {
  mirror_etc=$tmp/apt
  mkdir -p "$mirror_etc/sources.list.d"
  cat >"$mirror_etc/$1"
}

test_one_line_format() {
  sources sources.list <<'EOF'
# deb http://commented.example/debian bookworm main
deb-src http://sources.example/debian bookworm main
deb   http://mirror.example/debian	bookworm main contrib # the usual one
deb http://mirror.example/debian bookworm-updates main
deb http://security.example/debian-security bookworm-security main
EOF
  equal "$(mirror_candidates)" $'http://mirror.example/debian\t'
}

test_options_that_apt_needs_are_kept() {
  sources sources.list.d/a.list <<'EOF'
deb [ arch=amd64 signed-by=/keys/a.gpg ] https://mirror.example/debian stable main
deb [trusted=yes arch=amd64] file:/srv/debian bookworm main
EOF
  equal "$(mirror_candidates)" $'https://mirror.example/debian\tsigned-by=/keys/a.gpg\nfile:/srv/debian\ttrusted=yes'
}

test_deb822_format() {
  sources sources.list.d/debian.sources <<'EOF'
Types: deb deb-src
# a comment inside
URIs: http://one.example/debian
 http://two.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/a.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
EOF
  equal "$(mirror_candidates)" $'http://one.example/debian\tsigned-by=/keys/a.gpg\nhttp://two.example/debian/\tsigned-by=/keys/a.gpg'
}

test_disabled_and_foreign_stanzas_are_left_out() {
  sources sources.list.d/x.sources <<'EOF'
Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

types: deb
uris: https://packages.example/node
suites: nodistro
components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: cdrom:[Debian]/
Suites: bookworm
Components: main
EOF
  equal "$(mirror_candidates)" ''
}

test_an_inline_key_is_not_taken_for_a_file() {
  sources sources.list.d/x.sources <<'EOF'
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
EOF
  equal "$(mirror_candidates)" $'http://mirror.example/debian\t'
}

test_debian_comes_before_third_parties() {
  sources sources.list.d/a.list <<'EOF'
deb https://apt.example/tools bookworm main
EOF
  sources sources.list.d/z.sources <<'EOF'
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
EOF
  equal "$(mirror_candidates)" $'http://mirror.example/debian\t\nhttps://apt.example/tools\t'
}

test_no_sources_at_all() {
  mirror_etc=$tmp/none
  equal "$(mirror_candidates)" ''
}

run_tests
