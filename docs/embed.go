// Package docs holds the pages that are rendered from code or held against it, so that a test can
// compare them and the CLI can show them.
package docs

import _ "embed"

// The pages, as Markdown.
var (
	//go:embed access-log.md
	AccessLog string // its fields are held against libs/accesslog

	//go:embed architecture.md
	Architecture string // its journey of a request is held against libs/l7/exchange

	//go:embed answers.md
	Answers string // its examples are validated

	//go:embed fields.md
	Fields string // its examples are validated

	//go:embed from-caddy.md
	FromCaddy string // its example is held against services/gateway/internal/fromcaddy

	//go:embed from-nginx.md
	FromNginx string // its example is held against services/gateway/internal/fromnginx

	//go:embed from-traefik.md
	FromTraefik string // its example is held against services/gateway/internal/fromtraefik

	//go:embed errors.md
	Errors string // from libs/gwerr

	//go:embed admin.md
	Admin string // its examples are held against openspec/admin.yaml

	//go:embed configuration.md
	Configuration string // its tables from libs/config

	//go:embed health.md
	Health string // its tables are held against libs/health

	//go:embed metrics.md
	Metrics string // its tables from libs/metrics/catalogue

	//go:embed policies.md
	Policies string // its list is held against libs/plan

	//go:embed relay.md
	Relay string // its table of reasons from libs/l4

	//go:embed cli.md
	CLI string // from services/gateway
)
