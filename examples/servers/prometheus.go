package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// PrometheusConfig is the name of the configuration among the files of a Prometheus.
const PrometheusConfig = "prometheus.yml"

// Prometheus starts a Prometheus. files, by their names, lie beside each other: PrometheusConfig
// and what that names.
func Prometheus(
	ctx context.Context, address string, files map[string]string,
) (*Server, error) {
	path, err := Find("prometheus")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gateway-prometheus-")
	if err != nil {
		return nil, err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	return program{
		name: "Prometheus", ready: "ready to receive web requests", stop: syscall.SIGTERM,
		command: func(dir, host, port string) *exec.Cmd {
			return exec.Command(path, "--config.file", filepath.Join(dir, PrometheusConfig),
				"--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address",
				host+":"+port, "--enable-feature", "native-histograms")
		},
	}.start(ctx, dir, address)
}
