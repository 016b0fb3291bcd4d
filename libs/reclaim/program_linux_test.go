package reclaim

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

const smaps = `00400000-00f79000 r-xp 00000000 fe:00 4079 /opt/edge
Size:              11748 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00f79000-01c86000 r--p 00b79000 fe:00 4079 /opt/edge
Size:              13364 kB
Anonymous:             0 kB
01c86000-01c90000 r--p 01880000 fe:00 4079 /opt/edge
Anonymous:            40 kB
01c90000-01d87000 rw-p 01886000 fe:00 4079 /opt/edge
Anonymous:             0 kB
01d87000-03e00000 rw-p 00000000 00:00 0
Anonymous:           104 kB
7f0000000000-7f0000010000 r-xp 00000000 fe:00 99 /lib/edge
Anonymous:             0 kB
7f0000010000-7f0000020000 r-xp 00000000 fe:00 99 /usr/opt/edge/x /opt/edged
Anonymous:             0 kB
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
`

// Pages that are not as in the file are not the file's: what is in them would be lost.
func TestOnlyCleanPagesOfTheProgramAreUnmapped(t *testing.T) {
	got := clean(strings.NewReader(smaps), "/opt/edge")
	want := []region{{0x400000, 0xf79000}, {0xf79000, 0x1c86000}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	for _, text := range []string{"", "garbage", "zz-yy r-xp 0 0 0 /opt/edge\nAnonymous: 0 kB\n"} {
		if got := clean(strings.NewReader(text), "/opt/edge"); len(got) > 0 {
			t.Errorf("%q: %x", text, got)
		}
	}
}

// fileRSS is how much of mapped files is resident, in KiB.
func fileRSS(t *testing.T) (n int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The program goes on with what it has let go of.
func TestTheProgramIsMappedAsFarAsItIsUsed(t *testing.T) {
	program, err := os.ReadFile("/proc/self/exe") // now all of it is in the cache
	if err != nil {
		t.Fatal(err)
	}
	sum := func() (n int) {
		for _, b := range program {
			n += int(b)
		}
		return n
	}
	before, want := fileRSS(t), sum()
	unmapProgram()
	if after := fileRSS(t); after >= before {
		t.Errorf("%d KiB are mapped, %d before", after, before)
	}
	if got := sum(); got != want {
		t.Errorf("the program computes %d, and %d before", got, want)
	}
}
