package memlimit

import (
	"os"
	"testing"
)

func TestTheLeastOfTheControlGroupsCounts(t *testing.T) {
	for _, tc := range []struct {
		own   string
		files map[string]string
		want  int64
	}{
		{"", nil, 0},
		{"0::/\n", map[string]string{"/sys/fs/cgroup/memory.max": "max\n"}, 0},
		{"0::/\n", map[string]string{"/sys/fs/cgroup/memory.max": "1048576\n"}, 1 << 20},
		{"0::/a/b\n", map[string]string{
			"/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "2000\n",
		}, 2000},
		{"0::/a/b\n", map[string]string{
			"/sys/fs/cgroup/a/b/memory.max": "1000\n", "/sys/fs/cgroup/a/memory.max": "2000\n",
		}, 1000},
		{"0::/of/the/host\n", map[string]string{"/sys/fs/cgroup/memory.max": "3000\n"}, 3000},
		{"5:cpu:/x\n4:memory:/d\n0::/\n", map[string]string{
			"/sys/fs/cgroup/memory/d/memory.limit_in_bytes": "4000\n",
			"/sys/fs/cgroup/memory/memory.limit_in_bytes":   "9223372036854771712\n",
		}, 4000},
		{"0::/\n", map[string]string{"/sys/fs/cgroup/memory.max": "no number"}, 0},
	} {
		got := allowed(tc.own, func(name string) ([]byte, error) {
			if s, ok := tc.files[name]; ok {
				return []byte(s), nil
			}
			return nil, os.ErrNotExist
		})
		if got != tc.want {
			t.Errorf("%q with %v: %d", tc.own, tc.files, got)
		}
	}
}
