package dashboards

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// folder is where the rules and the dashboards are.
const folder = "../../examples/observability/"

var (
	update   = flag.Bool("update", false, "write the dashboards into "+folder)
	pictures = flag.Duration("pictures", 0,
		"run a fleet for so long, and write pictures of the dashboards into docs/dashboards; "+
			"3m is enough")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(testkit.Main(m))
}

// patience is how long a fleet may take to find itself.
const patience = 2 * time.Minute
