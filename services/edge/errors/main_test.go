// Package errors_test forces each error code of the catalogue, and checks the answer and its
// explanation.
package errors_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
