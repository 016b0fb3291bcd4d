# Restricted mode, second part: rules_go and Gazelle, which are Go modules too, from the Go module proxy.

overlay_build() {
  local top=$1
  mkdir -p "$top/tmp"
  overlay_copy "$overlay_rules_go" "$top/rules_go" &&
    overlay_copy "$overlay_gazelle" "$top/gazelle" &&
    overlay_copy "$overlay_gazelle_v2" "$top/gazelle/v2" || return 1
  # A module zip leaves out nested modules, so this generated list, which names files of v2, is made again.
  (cd "$top/gazelle" && go run internal/list_repository_tools_srcs.go -dir=. -generate=internal/go_repository_tools_srcs.bzl) || return 1
  rm -rf "$top/tmp"
}

# overlay_copy "MODULE@VERSION CHECKSUM" FOLDER
overlay_copy() {
  local module=${1% *} want=${1#* } folder=$2 answer dir sum
  # From an empty folder: the versions here have nothing to do with the workspace's go.mod.
  answer=$(cd "$(dirname "$folder")" && GOFLAGS= GOWORK=off go mod download -json "$module") || { printf '%s\n' "$answer"; return 1; }
  dir=$(printf '%s\n' "$answer" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
  sum=$(printf '%s\n' "$answer" | sed -n 's/^.*"Sum": "\(.*\)".*$/\1/p')
  if [ "$sum" != "$want" ]; then
    printf '%s has the checksum %s, not %s: not what this repository was made with\n' "$module" "$sum" "$want"
    return 1
  fi
  mkdir -p "$(dirname "$folder")"
  cp -R "$dir" "$folder" && chmod -R u+w "$folder" || return 1
  # A module zip carries no run bits.
  find "$folder" -name '*.sh' -exec chmod +x {} +
}
