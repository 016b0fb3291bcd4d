// Package causes_test makes requests fail in every way there is, through the real edge, and checks
// what the access log and gateway why say of each: a sentence of its own, and what to do.
package causes_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
