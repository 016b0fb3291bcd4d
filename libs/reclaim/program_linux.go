package reclaim

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// unmapProgram lets go of the pages of the program's file. Those that are used again are mapped
// again from the system's cache.
func unmapProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return // there is no /proc
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	for _, r := range clean(f, program) {
		// The kernel may refuse, which costs nothing but the memory.
		_ = unix.Madvise(r.bytes(), unix.MADV_DONTNEED)
	}
}

// A region is a piece of the address space.
type region struct{ from, to uintptr }

// bytes is the region as the call wants it. Nothing is read through it.
func (r region) bytes() []byte {
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&r.from))), int(r.to-r.from))
}

// clean are the regions that have what is in the file of the program, and nothing else: they
// cannot be written to, and no page of theirs has ever been. Where the loader has put addresses
// into a page, or a debugger a breakpoint, that is all there is of it.
func clean(smaps io.Reader, program string) (all []region) {
	var at region
	candidate := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Text()
		name, rest, _ := strings.Cut(line, " ")
		if !strings.HasSuffix(name, ":") {
			perms, _, _ := strings.Cut(rest, " ")
			candidate = strings.HasSuffix(line, " "+program) &&
				(perms == "r-xp" || perms == "r--p")
			if _, err := fmt.Sscanf(name, "%x-%x", &at.from, &at.to); err != nil {
				candidate = false
			}
			continue
		}
		if candidate && name == "Anonymous:" {
			if strings.TrimSpace(rest) == "0 kB" {
				all = append(all, at)
			}
			candidate = false
		}
	}
	return all
}
