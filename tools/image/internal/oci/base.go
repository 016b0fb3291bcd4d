package oci

import (
	"archive/zip"
	"bytes"
	"encoding/pem"
	"fmt"
	"io/fs"
	"path"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// Base is what every image has below its programs: the certificates of public authorities, the
// time zones, the names of its user, and a folder for temporary files. There is no shell. zones is
// lib/time/zoneinfo.zip of a Go SDK.
func Base(zones []byte) ([]pack.File, error) {
	files := []pack.File{
		{Name: "etc/passwd", Body: fmt.Appendf(nil,
			"root:x:0:0:root:/root:/sbin/nologin\n"+
				"gateway:x:%[1]d:%[1]d:gateway:/nonexistent:/sbin/nologin\n", User)},
		{Name: "etc/group", Body: fmt.Appendf(nil, "root:x:0:\ngateway:x:%d:\n", User)},
		// Names are looked up in /etc/hosts first.
		{Name: "etc/nsswitch.conf", Body: []byte("hosts: files dns\n")},
		{Name: "etc/ssl/certs/ca-certificates.crt", Body: authorities()},
		{Name: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
	}
	more, err := timeZones(zones)
	if err != nil {
		return nil, err
	}
	return withFolders(append(files, more...)), nil
}

// authorities are those that Mozilla trusts, as Go's maintainers publish them. Some are trusted for
// certificates up to a date only, which a file of certificates can't say: they are left out.
func authorities() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return b.Bytes()
}

func timeZones(content []byte) ([]pack.File, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("open the time zones: %w", err)
	}
	var files []pack.File
	for _, entry := range z.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		body, err := fs.ReadFile(z, entry.Name)
		if err != nil {
			return nil, fmt.Errorf("read the time zone %s: %w", entry.Name, err)
		}
		files = append(files, pack.File{Name: "usr/share/zoneinfo/" + entry.Name, Body: body})
	}
	return files, nil
}

// withFolders adds the folders that files are in. Engines make them anyway, each with a mode of its
// own choice.
func withFolders(files []pack.File) []pack.File {
	there := map[string]bool{}
	for _, f := range files {
		there[f.Name] = true
	}
	for _, f := range files {
		for dir := path.Dir(f.Name); dir != "." && !there[dir]; dir = path.Dir(dir) {
			there[dir] = true
			files = append(files, pack.File{Name: dir, Mode: fs.ModeDir | 0o755})
		}
	}
	return files
}

// Folders is files with the folders they are in.
func Folders(files []pack.File) []pack.File { return withFolders(files) }
