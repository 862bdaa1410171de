// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const helpHead = `mockbackend is Huawei Cloud Workspace (App Center, and the project list of IAM), the EnOS gateway, and Venafi
Trust Protection Platform, for tests and for trying the provider. It keeps everything in memory.

Usage: mockbackend [flags]

  -listen ADDRESS      where to listen (default 127.0.0.1:8080); port 0 takes a free one. The first line of standard
                       output is the URL, and nothing else; the log goes to standard error
  -seed FILE           the data to begin with, as -print-seed shows it (default: the data below)
  -print-seed          print the default data and end: edit it, and give it to -seed
  -latency DURATION    wait that long before each request is handled, such as 50ms
  -rate-limits R/W     reads and writes that Huawei Cloud answers in any minute (default 200/100); 0 is without limit
  -switch NAME=POS     set a switch, see below; may be repeated
  -facts FILE          set the switches to what the program probe found out about a live service (its -o FILE); may be
                       repeated; -switch wins
  -tls FILE            serve HTTPS with a certificate made for this run, and write its CA to FILE, for ca_certificate
  -keep N              requests that /_mock/requests remembers (default 1000); 0 all, -1 none
  -keep-body N         bytes of each body that it remembers (default 65536); 0 all, -1 none
  -log-level LEVEL     trace, debug, info, warn, error or off (default info): one line for each request; requests that a
                       correct client never sends are errors

`

// writeHelp explains everything; what can change is taken from where it is defined.
func writeHelp(w io.Writer) error {
	backend, err := mockbackend.New(mockbackend.Options{})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(helpHead)
	writeProvider(&b, mockbackend.DefaultSeed())
	writeSeed(&b, mockbackend.DefaultSeed())
	b.WriteString("ADMIN API, for this machine only\n\n")
	for line := range strings.Lines(mockbackend.AdminHelp) {
		if line != "\n" {
			line = "  " + line
		}
		b.WriteString(line)
	}
	b.WriteString(`
  Somebody grants an account behind Terraform's back, closes an app, and every third request fails:

    curl -X PUT   -d '"AD"' http://127.0.0.1:8080/_mock/state/huaweicloud/apps/APP/users/corp.example.com/garcia
    curl -X PATCH -d '{"authorization_type":"ASSIGN_USER"}' http://127.0.0.1:8080/_mock/state/huaweicloud/apps/APP
    curl -X POST  -d '{"kind":"server_error","probability":0.33}' http://127.0.0.1:8080/_mock/faults

`)
	b.WriteString("SWITCHES: what the vendors leave open. The first position is the default.\n")
	b.WriteString("A name that two services have is written SERVICE.NAME.\n")
	for _, service := range backend.Describe() {
		fmt.Fprintf(&b, "\n  %s\n", service.Name)
		for _, sw := range service.Switches {
			fmt.Fprintf(&b, "    %s=%s\n", sw.Name, strings.Join(sw.Positions, "|"))
			wrap(&b, "        ", sw.Doc)
		}
	}
	b.WriteString("\nFAULTS: kinds for POST /_mock/faults\n\n  every service\n")
	writeFaults(&b, wire.FaultKinds)
	for _, service := range backend.Describe() {
		fmt.Fprintf(&b, "\n  %s\n", service.Name)
		writeFaults(&b, service.Faults)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// writeProvider shows the provider block that fits the default seed.
func writeProvider(b *bytes.Buffer, seed mockbackend.Seed) {
	hw, en, ve := seed.Huaweicloud, seed.Enos, seed.Venafi
	fmt.Fprintf(b, `PROVIDER BLOCK for the default data

  provider "appaccess" {
    huaweicloud {
      region             = %q
      access_key         = %q
      secret_key         = %q
      workspace_endpoint = "http://127.0.0.1:8080"
      iam_endpoint       = "http://127.0.0.1:8080"
    }
    enos {
      gateway_url = "http://127.0.0.1:8080"
      access_key  = %q
      secret_key  = %q
      org_id      = %q
    }
    venafi {
      url       = "http://127.0.0.1:8080"
      client_id = %q
      username  = %q
      password  = %q
    }
  }

`, hw.Projects[0].Name, hw.Credentials[0].AccessKey, hw.Credentials[0].SecretKey,
		en.ServiceAccounts[0].AccessKey, en.ServiceAccounts[0].SecretKey, en.Organizations[0].ID,
		ve.Applications[0].ID, ve.Identities[0].PrefixedName(), ve.Identities[0].Password)
}

// writeSeed lists what the default seed holds.
func writeSeed(b *bytes.Buffer, seed mockbackend.Seed) {
	b.WriteString("DEFAULT DATA\n\n  huaweicloud\n")
	for _, c := range seed.Huaweicloud.Credentials {
		fmt.Fprintf(b, "    key   %s / %s", c.AccessKey, c.SecretKey)
		switch {
		case c.SecurityToken != "":
			fmt.Fprintf(b, ", temporary, security token %s", c.SecurityToken)
		case len(c.Deny) > 0:
			b.WriteString(", may not write")
		}
		b.WriteString("\n")
	}
	for _, a := range seed.Huaweicloud.Identities.Agencies {
		fmt.Fprintf(b, "    agency %s of %s, domain_id %s, trusts %s\n", a.Name, a.DomainName, a.DomainID, strings.Join(a.TrustedBy, ", "))
	}
	for _, p := range seed.Huaweicloud.Identities.Providers {
		fmt.Fprintf(b, "    idp   %s, ID token %s\n", p.ID, strings.Join(p.Tokens, ", "))
	}
	for _, id := range slices.SortedFunc(maps.Keys(seed.Huaweicloud.Apps), byName(seed.Huaweicloud.Apps)) {
		a := seed.Huaweicloud.Apps[id]
		fmt.Fprintf(b, "    app   %s %s, %s, %s\n", id, a.Name, a.AuthorizationType, granted(a))
	}
	for _, domain := range slices.Sorted(maps.Keys(seed.Huaweicloud.Directory)) {
		d := seed.Huaweicloud.Directory[domain]
		fmt.Fprintf(b, "    knows %s: %s", domain, strings.Join(d.Users, ", "))
		if len(d.Groups) > 0 {
			fmt.Fprintf(b, "; groups %s", strings.Join(d.Groups, ", "))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n  enos\n")
	for _, a := range seed.Enos.ServiceAccounts {
		fmt.Fprintf(b, "    key   %s / %s, may authorize: %t\n", a.AccessKey, a.SecretKey, a.MayAuthorize)
	}
	for _, org := range seed.Enos.Organizations {
		for _, a := range org.Applications {
			types := cmp.Or(strings.Join(a.DataAuthorizeTypes, " "), "nothing granted")
			if a.CreatedType == enos.Shortcut {
				types = "a shortcut"
			}
			fmt.Fprintf(b, "    app   %s %s, in %s, %s\n", a.AccessKey, a.Name, org.ID, types)
		}
	}
	b.WriteString("\n  venafi\n")
	for _, a := range seed.Venafi.Applications {
		fmt.Fprintf(b, "    app   %s, scope up to %s\n", a.ID, a.MaximumScope)
	}
	for _, i := range seed.Venafi.Identities {
		fmt.Fprintf(b, "    who   %s is %s", i.PrefixedName(), i.PrefixedUniversal())
		if i.Password != "" {
			fmt.Fprintf(b, ", password %s", i.Password)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func byName(apps map[string]huaweicloud.App) func(x, y string) int {
	return func(x, y string) int { return cmp.Compare(apps[x].Name, apps[y].Name) }
}

func granted(a huaweicloud.App) string {
	if a.AuthorizationType == huaweicloud.AllUser {
		return "open to everybody"
	}
	var who []string
	for i, domains := range []map[string]map[string]string{a.Users, a.UserGroups} {
		for _, domain := range slices.Sorted(maps.Keys(domains)) {
			for _, name := range slices.Sorted(maps.Keys(domains[domain])) {
				who = append(who, []string{"", "group:"}[i]+domain+"/"+name)
			}
		}
	}
	return cmp.Or(strings.Join(who, " "), "granted to nobody")
}

func writeFaults(b *bytes.Buffer, docs []wire.FaultDoc) {
	for _, doc := range docs {
		fmt.Fprintf(b, "    %-20s %s\n", doc.Kind, doc.Doc)
	}
}

// wrap writes a sentence in lines of at most 110 characters.
func wrap(b *bytes.Buffer, indent, text string) {
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 110 && strings.TrimSpace(line) != "" {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
