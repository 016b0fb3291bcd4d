// Package wine_test runs the gateway of Windows, under Wine.
package wine_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// folder is for what all tests use. It is set before they run.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "wine"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(folder)
		os.Exit(code)
	}))
}
