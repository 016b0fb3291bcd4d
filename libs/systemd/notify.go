package systemd

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// sendTimeout is how long a message may wait for systemd to read those before.
const sendTimeout = time.Second

// A Notifier tells systemd how the service is. A nil Notifier tells nobody. The methods may be
// called from any goroutine; none waits for more than a second.
type Notifier struct {
	socket   string
	watchdog time.Duration // 0: nobody watches
	stopping atomic.Bool
	silent   atomic.Bool // another process is the service's main one
}

// takeNotifier makes what the environment asks for, nil for nothing.
func takeNotifier(env func(string) string, pid int) *Notifier {
	n := &Notifier{socket: env("NOTIFY_SOCKET")}
	if n.socket == "" || n.socket[0] != '/' && n.socket[0] != '@' {
		return nil
	}
	for0 := env("WATCHDOG_PID")
	us, err := strconv.ParseInt(env("WATCHDOG_USEC"), 10, 64)
	if err == nil && us > 0 && us < int64(365*24*time.Hour/time.Microsecond) &&
		(for0 == "" || for0 == strconv.Itoa(pid)) {
		n.watchdog = time.Duration(us) * time.Microsecond
	}
	return n
}

// send sends one message of lines NAME=value.
func (n *Notifier) send(lines ...string) error {
	if n.silent.Load() {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	defer c.Close()
	if err := c.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	_, err = c.Write([]byte(strings.Join(lines, "\n")))
	return err
}

// status is a line of what the service does, for systemctl status.
func status(format string, args ...any) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, fmt.Sprintf(format, args...))
	return "STATUS=" + text[:min(len(text), 400)]
}

// Ready says that the service does its work, at the start and after a reload. A service that stops
// says it no more.
func (n *Notifier) Ready(format string, args ...any) error {
	if n == nil || n.stopping.Load() {
		return nil
	}
	return n.send("READY=1", status(format, args...))
}

// Reloading says that a reload has begun. Ready has to follow, whatever comes of it.
func (n *Notifier) Reloading() error {
	if n == nil || n.stopping.Load() {
		return nil
	}
	now, err := monotonic()
	if err != nil {
		return err
	}
	return n.send("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Microseconds()),
		status("reloading the configuration"))
}

// Stopping says that the service ends.
func (n *Notifier) Stopping(format string, args ...any) error {
	if n == nil {
		return nil
	}
	n.stopping.Store(true)
	return n.send("STOPPING=1", status(format, args...))
}

// Watch tells systemd's watchdog that the service is alive, twice in the time that the unit gives
// it (WatchdogSec=), until ctx ends; at once where nobody watches. alive is asked each time before:
// while it says no, or does not return, systemd hears nothing and starts the service anew.
func (n *Notifier) Watch(ctx context.Context, alive func(context.Context) error) error {
	if n == nil || n.watchdog == 0 {
		<-ctx.Done()
		return nil
	}
	t := time.NewTicker(max(n.watchdog/2, time.Millisecond))
	defer t.Stop()
	for {
		look, cancel := context.WithTimeout(ctx, n.watchdog/2)
		err := alive(look)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			_ = n.send(status("not alive: %v", err)) // the end of it is systemd's
		default:
			_ = n.send("WATCHDOG=1") // the next one comes before the time is over
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
