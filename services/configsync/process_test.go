package main_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver/fleettest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A process is config-sync, on a port and a store that outlive it.
type process struct {
	path    string
	args    []string
	address string
	cmd     *exec.Cmd
	ended   chan error
}

// newProcess starts config-sync on a free port, and keeps that.
func newProcess(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := testkit.ConfigsyncBinary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{path: path, args: args, address: "127.0.0.1:0"}
	p.start(t)
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

var listening = regexp.MustCompile(`nodes and operators on ([0-9.]+:[0-9]+)`)

func (p *process) start(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(p.path, append([]string{"--listen", p.address, "--admin", "off", "--log-level", "error"}, p.args...)...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := listening.FindStringSubmatch(line)
	if found == nil {
		p.end(syscall.SIGKILL)
		t.Fatalf("it says %q, %v", line, err)
	}
	if p.address = found[1]; strings.HasSuffix(p.address, ":0") {
		t.Fatalf("it says %q", line)
	}
	cmd, ended := p.cmd, make(chan error, 1)
	p.ended = ended
	go func() { ended <- cmd.Wait() }()
}

func (p *process) end(signal syscall.Signal) error {
	if p.cmd == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(signal)
	var err error
	if p.ended != nil {
		err = <-p.ended
	}
	p.cmd, p.ended = nil, nil
	return err
}

func (p *process) connect(t *testing.T) configpb.ConfigSyncClient {
	t.Helper()
	conn, err := grpc.NewClient(p.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return configpb.NewConfigSyncClient(conn)
}

// nodes connect to it until the test ends, each over a connection of its own.
func (p *process) nodes(t *testing.T, count int) []*fleettest.Node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	nodes, address := make([]*fleettest.Node, count), p.address
	for i := range nodes {
		n := &fleettest.Node{Name: fmt.Sprintf("n%d", i), Requests: 30}
		nodes[i] = n
		group.Go(func() {
			_ = n.Run(ctx, func() (*grpc.ClientConn, error) {
				return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(fast()))
			})
		})
	}
	return nodes
}

func document(text string) []byte {
	return fmt.Appendf(nil, "version: 1\nlisteners: [{name: public, address: \"127.0.0.1:8080\"}]\nclusters: [{name: users, endpoints: [{address: \"127.0.0.1:9001\"}]}]\nroutes: [{name: all, cluster: users}]\n# %s\n", text)
}

// resident is the memory of the process in bytes, as the system counts it: now, and at most so far.
func (p *process) resident(t *testing.T) (now, most int64) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	for line := range strings.Lines(string(data)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d", &now)
		_, _ = fmt.Sscanf(line, "VmHWM: %d", &most)
	}
	return now << 10, most << 10
}
