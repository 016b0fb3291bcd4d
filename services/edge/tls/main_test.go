// Package tls_test has tests of TLS on both sides of the edge, and of the PROXY protocol before it.
package tls_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
