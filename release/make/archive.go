package main

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// archive writes an archive of files that are given one by one, and of those of other archives.
func archive(args []string) error {
	o := newOptions("archive")
	out := o.text("out", "the `file` to write; its end says the format")
	files := o.list("file", "`NAME=FILE`, a file and its name in the archive")
	programs := o.list("program", "`NAME=FILE`, a file that can be run")
	trees := o.list("tree", "`PREFIX=ARCHIVE`, the files of another archive below a prefix")
	if err := o.parse(args); err != nil {
		return err
	}
	all, err := gather(*files, *programs, *trees)
	if err != nil {
		return err
	}
	return pack.Write(*out, all)
}

// gather turns flags into the files of an archive.
func gather(files, programs, trees []string) ([]pack.File, error) {
	var all []pack.File
	for mode, list := range map[fs.FileMode][]string{0o644: files, 0o755: programs} {
		for _, given := range list {
			name, from, ok := strings.Cut(given, "=")
			if !ok {
				return nil, fmt.Errorf("%q is not NAME=FILE", given)
			}
			all = append(all, pack.File{Name: name, From: from, Mode: mode})
		}
	}
	for _, given := range trees {
		prefix, from, ok := strings.Cut(given, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not PREFIX=ARCHIVE", given)
		}
		inside, err := pack.Read(from)
		if err != nil {
			return nil, err
		}
		for _, f := range inside {
			f.Name = prefix + f.Name
			all = append(all, f)
		}
	}
	return all, nil
}
