package artefacts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A container is how an image is started: what an engine reads from its configuration.
type container struct {
	Root, Dir string
	Args, Env []string
	Volumes   []string // what can be written to
	Stdin     string
	// Get are the URLs to ask, each until it is answered, with what the answer must contain.
	Get map[string]string
}

// Roles of this test's binary when it is started again.
const (
	roleEngine = "engine" // in a network of its own: starts the first process, and asks it
	roleFirst  = "first"  // the first process of a container, until it becomes the entry point
	roleEnv    = "RELEASE_TEST_ROLE"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case roleEngine:
		exit(engine())
	case roleFirst:
		exit(first())
	}
	os.Exit(m.Run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestImagesRun starts each image as an engine would: its root is the image, read-only; the user
// 65532 with no rights and no HOME; a process that is the first of its namespace; a network of its
// own.
func TestImagesRun(t *testing.T) {
	t.Parallel()
	r := built(t)
	here := runtime.GOOS + "/" + runtime.GOARCH
	relay := "version: 1\n" +
		"listeners: [{name: a, address: 127.0.0.1:7000, protocol: tcp, cluster: a}]\n" +
		"clusters: [{name: a, endpoints: [{address: 127.0.0.1:7001}]}]\n" +
		"admin: {address: 127.0.0.1:9901}\n"
	for program, c := range map[string]container{
		"edge": {Get: map[string]string{
			"http://127.0.0.1:8080/": "The gateway runs", "http://127.0.0.1:9902/readyz": "",
		}},
		"gateway": {Get: map[string]string{
			"http://127.0.0.1:8080/": "The gateway runs", "http://127.0.0.1:9902/readyz": "",
		}},
		"relay": {
			Args: []string{"--config", "-"}, Stdin: relay,
			Get: map[string]string{"http://127.0.0.1:9901/readyz": ""},
		},
		"configsync": {Get: map[string]string{"http://127.0.0.1:9502/healthz": ""}},
		"healthagg":  {Get: map[string]string{"http://127.0.0.1:9903/healthz": ""}},
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			img := r.imagesOf(t, program)[here]
			if img == nil {
				t.Skipf("there is no image for %s", here)
			}
			config, err := img.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			c.Root = t.TempDir()
			unpack(t, c.Root, filesOf(t, img))
			c.Args = append(append(config.Config.Entrypoint, config.Config.Cmd...), c.Args...)
			c.Env, c.Dir = config.Config.Env, config.Config.WorkingDir
			for volume := range config.Config.Volumes {
				c.Volumes = append(c.Volumes, volume)
			}
			start(t, c)
		})
	}
}

func start(t *testing.T, c container) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	given, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := again(ctx, roleEngine)
	cmd.Stdin = bytes.NewReader(given)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 65532, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 65532, HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT, unix.CAP_NET_ADMIN},
		Pdeathsig:   syscall.SIGKILL,
	}
	err = cmd.Start()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) ||
		errors.Is(err, syscall.EINVAL) {
		t.Skipf("namespaces of users can't be made here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s", err, &out)
	}
}

// again is this binary in another role, with nothing of the environment.
func again(ctx context.Context, role string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = []string{roleEnv + "=" + role}
	return cmd
}

// engine brings the loopback up, starts the container, asks it, and ends it.
func engine() error {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	var c container
	given, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(given, &c); err != nil {
		return err
	}
	if err := loopback(); err != nil {
		return fmt.Errorf("bring up the loopback: %w", err)
	}
	cmd := again(ctx, roleFirst)
	cmd.Env = append(cmd.Env, "CONTAINER="+string(given))
	cmd.Stdin = strings.NewReader(c.Stdin)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWPID | unix.CLONE_NEWNS,
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for url, want := range c.Get {
		if err := ask(ctx, url, want, ended); err != nil {
			return err
		}
	}
	// The first process of a namespace gets only the signals that it asks for.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-ended; err != nil {
		return fmt.Errorf("after SIGTERM: %w", err)
	}
	return nil
}

func ask(ctx context.Context, url, want string, ended <-chan error) error {
	for {
		body, err := get(ctx, url)
		if err == nil {
			if !strings.Contains(body, want) {
				return fmt.Errorf("%s answers %q, want %q in it", url, body, want)
			}
			return nil
		}
		select {
		case end := <-ended:
			return fmt.Errorf("it ended before it answered: %w", end)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", url, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", res.StatusCode, body)
	}
	return string(body), err
}

func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// first makes the image the root, read-only, gives every right away, and becomes the entry point.
func first() error {
	var c container
	if err := json.Unmarshal([]byte(os.Getenv("CONTAINER")), &c); err != nil {
		return err
	}
	// Rights are those of a thread.
	runtime.LockOSThread()
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(c.Root, c.Root, "", unix.MS_BIND|unix.MS_REC, "") },
		func() error { return readOnly(c.Root) },
		func() error { return c.mountVolumes() },
		func() error { return unix.Chroot(c.Root) },
		func() error { return unix.Chdir(c.Dir) },
		func() error {
			return unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
		},
		func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("make a container of %s: %w", c.Root, err)
		}
	}
	if err := os.WriteFile("/tmp/x", nil, 0o600); !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("the root can be written to: %w", err)
	}
	if os.Getpid() != 1 || os.Getuid() != 65532 || os.Getgid() != 65532 {
		return fmt.Errorf("process %d, user %d:%d", os.Getpid(), os.Getuid(), os.Getgid())
	}
	signal.Reset()
	return syscall.Exec(c.Args[0], c.Args, c.Env)
}

func (c container) mountVolumes() error {
	for _, dir := range c.Volumes {
		const flags = unix.MS_NOSUID | unix.MS_NODEV
		if err := unix.Mount("tmpfs", c.Root+dir, "tmpfs", flags, "mode=0700"); err != nil {
			return err
		}
	}
	return nil
}

// readOnly mounts a folder read-only, with the restrictions that it has anyway: a namespace may not
// take those away.
func readOnly(dir string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return err
	}
	flags := uintptr(unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY)
	for has, flag := range map[int64]uintptr{
		unix.ST_NOSUID: unix.MS_NOSUID, unix.ST_NODEV: unix.MS_NODEV,
		unix.ST_NOEXEC: unix.MS_NOEXEC, unix.ST_NOATIME: unix.MS_NOATIME,
		unix.ST_NODIRATIME: unix.MS_NODIRATIME, unix.ST_RELATIME: unix.MS_RELATIME,
	} {
		if s.Flags&has != 0 {
			flags |= flag
		}
	}
	return unix.Mount("", dir, "", flags, "")
}
