package timeline_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(childEnv); file != "" {
		child(file) // does not return
	}
	os.Exit(testkit.Main(m))
}
