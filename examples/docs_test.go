// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// pages calls f for every page of the documentation below a folder.
func pages(t *testing.T, folder string, f func(path, text string)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		n++
		f(path, read(t, path))
		return nil
	})
	if err != nil || n == 0 {
		t.Fatalf("%d pages in %s: %v", n, folder, err)
	}
}

var terraformBlock = regexp.MustCompile("(?s)```terraform\n(.*?)```")

// What the documentation shows as Terraform's language is that, in its canonical form.
func TestDocs_blocksParse(t *testing.T) {
	t.Parallel()
	pages(t, "../docs", func(path, text string) {
		for _, block := range terraformBlock.FindAllStringSubmatch(text, -1) {
			if _, diags := hclparse.NewParser().ParseHCL([]byte(block[1]), filepath.Base(path)); diags.HasErrors() {
				t.Errorf("%v\n%s", diags, block[1])
			}
			if formatted := string(hclwrite.Format([]byte(block[1]))); formatted != block[1] {
				t.Errorf("%s is not formatted; right is\n%s", path, formatted)
			}
		}
	})
}

// published is where the pages are read. Links from the index begin with it.
const published = "https://registry.terraform.io/providers/appaccess/appaccess/latest/docs/"

var pageLink = regexp.MustCompile(`\]\((` + regexp.QuoteMeta(published) + `)?([^)#:]+)(#[^)]*)?\)`)

// fileLink leads to a file of the repository, from wherever a page is read: to a picture, or to an
// example.
var fileLink = regexp.MustCompile(`https://(?:raw\.githubusercontent\.com/appaccess/terraform-provider-appaccess/main|github\.com/appaccess/terraform-provider-appaccess/(?:blob|tree)/main)/([^)\s]+)`)

// Links lead somewhere. They are written without extension, as the registries want them.
func TestDocs_links(t *testing.T) {
	t.Parallel()
	n, files := 0, 0
	pages(t, "../docs", func(path, text string) {
		for _, link := range fileLink.FindAllStringSubmatch(text, -1) {
			files++
			if _, err := os.Stat(filepath.Join("..", link[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		for _, link := range pageLink.FindAllStringSubmatch(text, -1) {
			n++
			folder := filepath.Dir(path)
			if link[1] != "" {
				folder = "../docs"
			}
			if _, err := os.Stat(filepath.Join(folder, link[2]) + ".md"); err != nil {
				t.Errorf("%s links to %s: %v", path, link[2], err)
			}
		}
	})
	if n == 0 || files < 3 {
		t.Errorf("found %d links to pages and %d to files", n, files)
	}
}

// The page of a resource that takes access away begins by saying whose.
func TestDocs_resourcesSayWhoGetsRemoved(t *testing.T) {
	t.Parallel()
	pages(t, "../docs/resources", func(path, text string) {
		_, body, _ := strings.Cut(text, "(Resource)\n\n")
		first, _, _ := strings.Cut(body, "\n")
		if !regexp.MustCompile(`remove|revoke|taken away|loses`).MatchString(first) {
			t.Errorf("%s begins with: %s", path, first)
		}
	})
}

// The names that the guide on imports finds for IDs are those of who holds the role.
func TestGuide_importedLabels(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(read(t, "../templates/guides/importing.md"), "## Names in the place of IDs")
	m := acctest.StartDemo(t)
	cli := newCLI(t)
	cli.Write("mock.tf", m.DemoProvider())
	cli.Write("main.tf", terraformBlock.FindStringSubmatch(text)[1])
	const carol = "AD+corp:1932309a28daf34db5c942630c3a2cc4"
	if err := m.Venafi.Grant(venafi.Role{Role: venafi.Maintainer, ApplicationID: "MyIntegration", Grantee: carol}); err != nil {
		t.Fatal(err)
	}
	applies(t, cli)
	if r := cli.Run("output", "grantees"); !regexp.MustCompile(`"AD\+corp:carol" += "` + regexp.QuoteMeta(carol) + `"`).MatchString(r.Output) {
		t.Error(r.Output)
	}
}

// The guide's way of importing many applications ends in a plan that imports them all and changes
// none, those without user groups too.
func TestGuide_manyApplications(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(read(t, "../templates/guides/importing.md"), "## Many applications, without")
	blocks := terraformBlock.FindAllStringSubmatch(text, 2)
	m := acctest.StartDemo(t)
	looks, cli := newCLI(t), newCLI(t)
	looks.Write("mock.tf", m.DemoProvider())
	looks.Write("main.tf", blocks[1][1])
	if r := looks.Run("apply", "-auto-approve"); r.Code != 0 {
		t.Fatal(r.Output)
	}
	cli.Write("access.json", looks.Run("output", "-json", "access").Output)
	cli.Write("mock.tf", m.DemoProvider())
	cli.Write("main.tf", blocks[0][1])
	if r := cli.Run("plan", "-no-color"); r.Code != 0 || !regexp.MustCompile(`Plan: [2-9] to import, 0 to add, 0 to change, 0 to destroy`).MatchString(r.Output) {
		t.Error(r.Output)
	}
}
