package systemd

import (
	"errors"
	"os"
	"time"
)

// There is no systemd on Windows. Where something sets its variables all the same, as a shell that
// was copied from elsewhere may, the sockets are none and the notifier's address reaches nobody.

func monotonic() (time.Duration, error) { return 0, errors.New("there is no systemd on Windows") }

func closeOnExec(int) {}

func accepts(*os.File) bool { return false }
