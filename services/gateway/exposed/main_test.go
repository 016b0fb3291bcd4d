// Package exposed_test looks at what every service tells Prometheus.
package exposed_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
