package fromnginx_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromnginx"
)

func TestTheExampleOfThePageIsTrue(t *testing.T) {
	drafttest.Page(t, docs.FromNginx, "nginx", "nginx.conf", fromnginx.Import)
}
