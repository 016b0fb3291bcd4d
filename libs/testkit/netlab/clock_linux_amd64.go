package netlab

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

const skewable = true

// startSkewed starts a process whose clock is off. Programs ask a small library what time it is
// that the kernel puts into each process (vdso(7)), Go's without a way to say otherwise. So the
// process is stopped before its first instruction, and its copy of the library's clock_gettime is
// replaced by one that asks the kernel and adds d. It takes the thread that is to be the parent.
func startSkewed(cmd *exec.Cmd, d time.Duration) error {
	mortal(cmd)
	cmd.SysProcAttr.Ptrace = true
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, 0, nil)
	if err == nil && !status.Stopped() {
		err = fmt.Errorf("the process is not stopped: %#x", status)
	}
	if err == nil {
		err = replaceClock(pid, int64(d/time.Second))
	}
	if err == nil {
		err = unix.PtraceDetach(pid)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("set the clock of a process: %w", err)
	}
	return nil
}

// clock is clock_gettime(id in edi, *timespec in rsi), which adds seconds to the real time.
func clock(seconds int64) []byte {
	code := []byte{
		0xb8, unix.SYS_CLOCK_GETTIME, 0, 0, 0, // mov eax, SYS_clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi (CLOCK_REALTIME is 0)
		0x75, 13, // jne ret
		0x48, 0xba, // mov rdx, seconds
	}
	code = binary.LittleEndian.AppendUint64(code, uint64(seconds))
	return append(code,
		0x48, 0x01, 0x16, // add [rsi], rdx
		0xc3) // ret
}

func replaceClock(pid int, seconds int64) error {
	base, err := vdso(pid)
	if err != nil {
		return err
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	image := make([]byte, 2*os.Getpagesize())
	if n, err := memory.ReadAt(image, base); n < os.Getpagesize() {
		return fmt.Errorf("read the vDSO: %w", err)
	}
	library, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return fmt.Errorf("the vDSO: %w", err)
	}
	symbols, err := library.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("the vDSO: %w", err)
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			_, err := memory.WriteAt(clock(seconds), base+int64(s.Value))
			return err
		}
	}
	return errors.New("the vDSO has no clock_gettime")
}

// vdso is where the library begins in the memory of a process.
func vdso(pid int) (int64, error) {
	const here, entry = 33, 16 // AT_SYSINFO_EHDR; a kind and a value, of 8 bytes each
	auxv, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", pid))
	if err != nil {
		return 0, err
	}
	for ; len(auxv) >= entry; auxv = auxv[entry:] {
		if binary.LittleEndian.Uint64(auxv) == here {
			return int64(binary.LittleEndian.Uint64(auxv[8:])), nil
		}
	}
	return 0, errors.New("the process has no vDSO")
}
