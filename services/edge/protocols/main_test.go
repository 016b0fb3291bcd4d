// Package protocols_test has tests in which each protocol of a client meets each protocol of an
// endpoint.
package protocols_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
