package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	gengo "google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

// Generated files lie where their source lies, whatever go_package says.
const parameter = "paths=source_relative"

// generate returns the generated files of every .proto file below root, by their paths from there.
func generate(ctx context.Context, root, plugin string) (map[string][]byte, error) {
	sources, err := protos(root)
	if err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("there is no .proto file below %s", root)
	}
	request, err := compile(ctx, root, sources)
	if err != nil {
		return nil, err
	}
	messages, err := generateMessages(request)
	if err != nil {
		return nil, err
	}
	services, err := generateServices(ctx, plugin, request)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, response := range []*pluginpb.CodeGeneratorResponse{messages, services} {
		if response.Error != nil {
			return nil, errors.New(response.GetError())
		}
		for _, f := range response.GetFile() {
			files[f.GetName()] = []byte(f.GetContent())
		}
	}
	return files, nil
}

func protos(root string) (paths []string, err error) {
	err = tree.Walk(root, func(path string) error {
		if strings.HasSuffix(path, ".proto") {
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

// compile reads the sources into what protoc would hand to a plugin: every file after those that it
// imports.
func compile(
	ctx context.Context, root string, sources []string,
) (*pluginpb.CodeGeneratorRequest, error) {
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
			ImportPaths: []string{root},
		}),
		SourceInfoMode: protocompile.SourceInfoStandard, // comments go into the code
	}
	compiled, err := compiler.Compile(ctx, sources...)
	if err != nil {
		return nil, err
	}
	request := &pluginpb.CodeGeneratorRequest{
		FileToGenerate: sources, Parameter: proto.String(parameter),
	}
	seen := map[string]bool{}
	var add func(protoreflect.FileDescriptor) error
	add = func(f protoreflect.FileDescriptor) error {
		if seen[f.Path()] {
			return nil
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			if err := add(f.Imports().Get(i).FileDescriptor); err != nil {
				return err
			}
		}
		// Through bytes: options come as protocompile's own types, and plugins want those of
		// descriptorpb.
		data, err := proto.MarshalOptions{
			Deterministic: true,
		}.Marshal(protoutil.ProtoFromFileDescriptor(f))
		if err != nil {
			return err
		}
		var fd descriptorpb.FileDescriptorProto
		if err := proto.Unmarshal(data, &fd); err != nil {
			return err
		}
		request.ProtoFile = append(request.ProtoFile, &fd)
		return nil
	}
	for _, f := range compiled {
		if err := add(f); err != nil {
			return nil, err
		}
	}
	return request, nil
}

func generateMessages(
	request *pluginpb.CodeGeneratorRequest,
) (*pluginpb.CodeGeneratorResponse, error) {
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		return nil, err
	}
	for _, f := range plugin.Files {
		if f.Generate {
			gengo.GenerateFile(plugin, f)
		}
	}
	return plugin.Response(), nil
}

func generateServices(
	ctx context.Context, plugin string, request *pluginpb.CodeGeneratorRequest,
) (*pluginpb.CodeGeneratorResponse, error) {
	input, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var trouble bytes.Buffer
	cmd := exec.CommandContext(ctx, plugin)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &trouble
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", plugin, err, &trouble)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return nil, fmt.Errorf("the answer of %s: %w", plugin, err)
	}
	return &response, nil
}

// pluginVariable names the plugin's program. Under Bazel it is a runfile: env = {…:
// "$(rlocationpath LABEL)"}.
const pluginVariable = "PROTOC_GEN_GO_GRPC"

// grpcPlugin finds the plugin that writes services. Its module has nothing that could be imported.
func grpcPlugin(ctx context.Context) (string, error) {
	runfiles := os.Getenv("TEST_SRCDIR")
	switch p := os.Getenv(pluginVariable); {
	case filepath.IsAbs(p):
		return p, nil
	case p != "" && runfiles != "":
		return filepath.Join(runfiles, filepath.FromSlash(p)), nil
	case runfiles != "":
		return "",
			fmt.Errorf("%s is not set: the test needs the plugin as data, and its "+
				"$(rlocationpath) in that variable", pluginVariable)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var trouble bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "tool", "-n",
		"google.golang.org/grpc/cmd/protoc-gen-go-grpc")
	cmd.Stderr = &trouble
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build the plugin of gRPC: %w\n%s", err, &trouble)
	}
	return string(bytes.TrimSpace(output)), nil
}
