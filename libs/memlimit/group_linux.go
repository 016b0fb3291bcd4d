package memlimit

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"
)

// ofGroup is the memory in bytes that the control groups of the process allow, 0 for no limit.
func ofGroup() int64 {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return allowed(string(own), os.ReadFile)
}

// allowed is the least that a control group or one above it allows, given what
// /proc/self/cgroup says. A path that is not there is that of the host, seen from a container: the
// root is its own then.
func allowed(own string, read func(string) ([]byte, error)) (least int64) {
	for line := range strings.Lines(own) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		switch {
		case part[1] == "memory":
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case part[1] != "":
			continue
		}
		for at := path.Clean("/" + part[2]); ; at = path.Dir(at) {
			if b, err := read(path.Join(root, at, file)); err == nil {
				n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
				if err == nil && n > 0 && n < unlimited && (least == 0 || n < least) {
					least = n
				}
			}
			if at == "/" {
				break
			}
		}
	}
	return least
}

// unlimited is what no machine has: version 1 of control groups writes such numbers for no limit.
const unlimited = 1 << 60
