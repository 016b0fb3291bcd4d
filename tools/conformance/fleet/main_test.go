package fleet_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

var long = flag.Bool("long", false, "run also what takes minutes")

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for most of their time, more of them at a time than there are processors.
	if err := flag.Set("test.parallel", "6"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(testkit.Main(m))
}
