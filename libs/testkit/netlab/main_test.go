package netlab_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// sayTime makes this program one that says what time it is, and ends.
const sayTime = "NETLAB_TEST_SAY_TIME"

func TestMain(m *testing.M) {
	if os.Getenv(sayTime) != "" {
		begin := time.Now()
		fmt.Println(begin.UnixNano(), time.Since(begin).Nanoseconds())
		return
	}
	os.Exit(testkit.Main(m))
}
