package fromcaddy_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromcaddy"
)

func TestTheExampleOfThePageIsTrue(t *testing.T) {
	drafttest.Page(t, docs.FromCaddy, "caddy", "Caddyfile", fromcaddy.Import)
}
