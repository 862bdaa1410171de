// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
)

// account is who is granted something, as a request names them; a domain "" is left out.
type account struct {
	group                  bool
	domain, name, platform string
}

func (a account) String() string {
	text := cmp.Or(a.domain, huaweicloud.DefaultDomain) + "/" + a.name
	if a.group {
		text = "group " + text
	}
	return text
}

// MarshalJSON writes the vendor's AccountInfo.
func (a account) MarshalJSON() ([]byte, error) {
	info := struct {
		Account     string `json:"account"`
		Domain      string `json:"domain,omitempty"`
		AccountType string `json:"account_type"`
		Platform    string `json:"platform_type,omitempty"`
	}{a.name, a.domain, string(huaweicloud.Simple), a.platform}
	if a.group {
		info.AccountType = string(huaweicloud.UserGroup)
	}
	return json.Marshal(info)
}

// named is the account under another spelling.
func (a account) named(name string) account {
	a.name = name
	return a
}

// on is the account with a platform type.
func (a account) on(platform string) account {
	a.platform = platform
	return a
}

// ownPlatform is the platform type that is true of the account.
func (a account) ownPlatform() string {
	if a.domain == "" {
		return string(huaweicloud.Local)
	}
	return string(huaweicloud.AD)
}

// decoration is what stands behind a name in the form "account (group)".
var decoration = regexp.MustCompile(` ?\([^()]*\)$`)

// bare is what all spellings have in common that a service may make of one name.
func bare(name string) string {
	name = decoration.ReplaceAllString(norm.NFC.String(name), "")
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// row is an entry of a list as it came.
type row map[string]json.RawMessage

// field is a value of a row, which may be left out or null.
type field struct {
	given, null bool
	text        string
}

func (r row) field(key string) field {
	raw, ok := r[key]
	f := field{given: ok, null: string(raw) == "null"}
	if ok && json.Unmarshal(raw, &f.text) != nil {
		f.text = string(raw) // of another type
	}
	return f
}

// String is how a field is spoken of.
func (f field) String() string {
	switch {
	case !f.given:
		return "left out"
	case f.null:
		return "null"
	}
	return `"` + f.text + `"`
}

// name is the account of a row as it is listed.
func (r row) name() string { return r.field("account").text }
