// Package fromtraefik makes a configuration of this gateway out of files of Traefik: the dynamic
// configuration of its file provider in YAML or TOML, and entry points of the static one. [Import]
// maps routers by a parser of their rules, services and middlewares; what has no counterpart is
// noted in the draft with its line. Labels of containers and resources of Kubernetes are not read.
package fromtraefik
