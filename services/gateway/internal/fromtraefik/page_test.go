package fromtraefik_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
)

func TestTheExampleOfThePageIsTrue(t *testing.T) {
	drafttest.Page(t, docs.FromTraefik, "toml", "traefik.toml", one)
}
