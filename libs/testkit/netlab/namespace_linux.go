package netlab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace with one device, and the thread that is in it.
type namespace struct {
	calls  chan func()
	ended  chan struct{}
	device *os.File // its packets, one with each Read and Write
}

// newNamespace makes one with an address.
func newNamespace(address netip.Prefix) (*namespace, error) {
	n := &namespace{calls: make(chan func()), ended: make(chan struct{})}
	ready := make(chan error)
	go func() {
		defer close(n.ended)
		n.live(address, ready)
	}()
	if err := <-ready; err != nil {
		<-n.ended
		return nil, err
	}
	return n, nil
}

// live is the thread. It is never unlocked, so it ends with the goroutine, the processes that it
// started with it, and the namespace with them: no other goroutine ever runs in there.
func (n *namespace) live(address netip.Prefix, ready chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The first thread of a process never ends. While this goroutine holds it, another one gets
		// another.
		done := make(chan struct{})
		go func() {
			defer close(done)
			n.live(address, ready)
		}()
		<-done
		runtime.UnlockOSThread()
		return
	}
	if err := n.enter(address); err != nil {
		ready <- err
		return
	}
	ready <- nil
	for f := range n.calls {
		f()
	}
}

func (n *namespace) enter(address netip.Prefix) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare the network: %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/net/tun: %w", err)
	}
	const name = "lab0"
	r, err := unix.NewIfreq(name)
	if err == nil {
		r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("make a TUN device: %w", err), unix.Close(fd))
	}
	// The file is made when it is a device already: before, there would be nothing to poll.
	n.device = os.NewFile(uintptr(fd), "tun")
	if err := errors.Join(configure(name, address), configure("lo", netip.Prefix{})); err != nil {
		return errors.Join(err, n.device.Close())
	}
	return nil
}

// configure gives a device an address, if there is one, and sets it up.
func configure(device string, address netip.Prefix) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	set := func(what string, request uint, fill func(*unix.Ifreq) error) error {
		r, err := unix.NewIfreq(device)
		if err == nil {
			err = fill(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(s, request, r)
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", what, device, err)
		}
		return nil
	}
	if address.IsValid() {
		err = errors.Join(
			set("address", unix.SIOCSIFADDR, func(r *unix.Ifreq) error {
				return r.SetInet4Addr(address.Addr().AsSlice())
			}),
			set("netmask", unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error {
				return r.SetInet4Addr(net.CIDRMask(address.Bits(), 32))
			}),
			set("MTU", unix.SIOCSIFMTU, func(r *unix.Ifreq) error { r.SetUint32(mtu); return nil }))
	}
	return errors.Join(err, set("flags", unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error {
		r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		return nil
	}))
}

// do calls f on the thread.
func (n *namespace) do(f func()) {
	done := make(chan struct{})
	n.calls <- func() {
		defer close(done)
		f()
	}
	<-done
}

// close ends the thread and what it has started.
func (n *namespace) close() {
	_ = n.device.Close()
	close(n.calls)
	<-n.ended
}

// mortal makes a process that is not started yet die with the thread that starts it.
func mortal(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
