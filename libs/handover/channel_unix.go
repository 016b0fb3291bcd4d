//go:build unix

package handover

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// atOnce is how many files go with one byte: Linux takes 253, others fewer.
const atOnce = 64

// sendFiles sends files, so many with each byte. The sending is the caller's.
func (c *Channel) sendFiles(files []*os.File) error {
	for len(files) > 0 {
		some := files[:min(len(files), atOnce)]
		files = files[len(some):]
		numbers := make([]int, len(some))
		for i, f := range some {
			n, err := number(f)
			if err != nil {
				return err
			}
			numbers[i] = n
		}
		if _, _, err := c.conn.WriteMsgUnix([]byte{byte(len(some))}, unix.UnixRights(numbers...),
			nil); err != nil {
			return err
		}
	}
	return nil
}

// number is the descriptor of a file. File.Fd would make the socket block, here and in every
// process that has it.
func number(f *os.File) (n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	err = raw.Control(func(fd uintptr) { n = int(fd) })
	return n, err
}

// receiveFiles receives so many files. Those that came are returned with an error, too.
func (c *Channel) receiveFiles(n int) (files []*os.File, err error) {
	room := make([]byte, unix.CmsgSpace(4*atOnce))
	for len(files) < n {
		var count [1]byte
		got, rights, flags, _, err := c.conn.ReadMsgUnix(count[:], room)
		switch {
		case err != nil:
			return files, err
		case got == 0:
			return files, io.EOF
		}
		all, err := unix.ParseSocketControlMessage(room[:rights])
		if err != nil {
			return files, err
		}
		came := 0
		for i := range all {
			numbers, err := unix.ParseUnixRights(&all[i])
			if err != nil {
				continue // something else
			}
			for _, fd := range numbers {
				unix.CloseOnExec(fd)
				files = append(files, os.NewFile(uintptr(fd), "handed over"))
				came++
			}
		}
		if came != int(count[0]) || flags&unix.MSG_CTRUNC != 0 {
			return files, fmt.Errorf("%d of %d open files arrived: the process has too few "+
				"descriptors (ulimit -n, LimitNOFILE=)", came, count[0])
		}
	}
	return files, nil
}

func reset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// pair makes the two ends of a Channel. No child inherits either by itself.
func pair() (mine *Channel, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(ends[0])
		unix.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs = os.NewFile(uintptr(ends[1]), "handover")
	mine, err = FromFile(os.NewFile(uintptr(ends[0]), "handover"))
	if err != nil {
		_ = theirs.Close() // nobody has it
		return nil, nil, err
	}
	return mine, theirs, nil
}

// Supported says whether a process can give its place to another here.
const Supported = true

// keep lets no child inherit a file.
func keep(f *os.File) {
	if n, err := number(f); err == nil {
		unix.CloseOnExec(n)
	}
}

func busy(err error) bool { return errors.Is(err, syscall.ETXTBSY) }

// Copy is another descriptor of an open file.
func Copy(f *os.File) (*os.File, error) {
	n, err := number(f)
	if err != nil {
		return nil, err
	}
	fd, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
