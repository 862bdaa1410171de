// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"strings"
	"testing"
)

// What the demo promises in the README stays true.
func TestAccDemo(t *testing.T) {
	t.Setenv("TERRAFORM", os.Getenv("TF_ACC_TERRAFORM_PATH")) // from make; empty is the one on the PATH
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	rest := out.String()
	for _, want := range []string{
		`+ "zhangsan" = "LOCAL"`, "1 × UpdateApplicationAuthorization", "1 × BatchUpdateAppAuthorizations", "1 × GrantRole", "No changes.",
		"Behind Terraform's back", `+ "ASSET"`, `- "local.com/zhangsan",`, `+ "lisi"`, "maintainer will be created", "No changes.", "Destroying revokes access", "legacy.admin still has CAD Workbench",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("the output lacks %q, or has it elsewhere:\n%s", want, out.String())
		}
		rest = after
	}

	// The picture in the README shows the plan of this very demo: `make picture` draws it again.
	file, err := os.ReadFile("../../images/plan.svg")
	if err != nil {
		t.Fatal(err)
	}
	var drawn struct {
		Lines []struct {
			Parts []string `xml:"tspan"`
		} `xml:"g>text"`
	}
	if err := xml.Unmarshal(file, &drawn); err != nil {
		t.Fatal(err)
	}
	var picture strings.Builder
	for _, line := range drawn.Lines {
		picture.WriteString(strings.TrimRight(strings.Join(line.Parts, ""), " ") + "\n")
	}
	if text := strings.Trim(picture.String(), "\n"); len(drawn.Lines) < 20 || !strings.Contains(out.String(), text) {
		t.Errorf("the demo shows another plan than images/plan.svg: run make picture\n%s", text)
	}
}
