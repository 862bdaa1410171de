// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
)

// The names of the variables are those that the vendor's provider reads, for both blocks.

var assumeRole = nested{
	name:        "assume_role",
	description: "An agency to assume with the credentials that are found. Its temporary keys are renewed before they end.",
	texts: []text{
		{name: "agency_name", env: "HW_ASSUME_ROLE_AGENCY_NAME", description: "The name of the agency."},
		{name: "domain_name", env: "HW_ASSUME_ROLE_DOMAIN_NAME", description: "The name of the account that the agency belongs to; or set `domain_id`."},
		{name: "domain_id", env: "HW_ASSUME_ROLE_DOMAIN_ID", description: "The ID of the account that the agency belongs to."},
		{
			name: "duration", env: "HW_ASSUME_ROLE_DURATION", fallback: "`3600`", seconds: true, check: isKeySeconds,
			description: "How many seconds the keys live, from 900 to 86400. A longer run gets new ones.",
		},
	},
}

var assumeRoleWithOIDC = nested{
	name: "assume_role_with_oidc",
	description: "An ID token, such as that of a pipeline, to exchange for temporary keys, in the place of a key pair. They are renewed before they " +
		"end.",
	texts: []text{
		{name: "idp_id", env: "HW_ASSUME_ROLE_IDP_ID", check: isIDP, description: "The ID of the identity provider in IAM."},
		{name: "id_token", env: "HW_ASSUME_ROLE_ID_TOKEN", sensitive: true, description: "The ID token; or set `id_token_file`. Where neither is " +
			"set and `idp_id` is, the workload identity token of HCP Terraform serves: `TFC_WORKLOAD_IDENTITY_TOKEN_HUAWEICLOUD`, or `TFC_WORKLOAD_IDENTITY_TOKEN`."},
		{name: "id_token_file", env: "HW_ASSUME_ROLE_ID_TOKEN_FILE", description: "A file with the ID token, which is read again for each exchange."},
		{name: "agency_name", env: "HW_ASSUME_ROLE_AGENCY_NAME", description: "An agency to assume with the keys of the exchange. It needs `domain_id`."},
		{name: "domain_id", env: "HW_ASSUME_ROLE_DOMAIN_ID", description: "The ID of the account."},
		{
			name: "duration", env: "HW_ASSUME_ROLE_DURATION", fallback: "`3600`", seconds: true, check: isKeySeconds,
			description: "How many seconds the keys live, from 900 to 86400. A longer run gets new ones.",
		},
	},
}

// keySource is one kind of credentials of Huawei Cloud. A kind counts as given when any of its
// attributes is.
type keySource struct {
	name       string
	attributes []string
}

// keySources are in the order in which the environment is looked at.
var keySources = []keySource{
	{"a key pair", []string{"access_key", "secret_key"}},
	{"an ID token", []string{"assume_role_with_oidc.idp_id", "assume_role_with_oidc.id_token", "assume_role_with_oidc.id_token_file"}},
	{"a profile", []string{"profile", "shared_config_file"}},
}

func (s *settings) givenSources(given func(attribute string) bool) []keySource {
	return slices.DeleteFunc(slices.Clone(keySources), func(k keySource) bool { return !slices.ContainsFunc(k.attributes, given) })
}

func (s *settings) explicit(attribute string) bool { return s.texts[attribute].explicit }

// validateCredentials refuses two kinds of credentials in the configuration: nobody knows which are
// meant.
func validateCredentials(s *settings) diag.Diagnostics {
	given := s.givenSources(s.explicit)
	if len(given) < 2 {
		return nil
	}
	var b strings.Builder
	b.WriteString("It isn't clear which credentials to use. Keep exactly one of these:\n")
	for _, k := range given {
		b.WriteString("\n  - " + k.name + ": " + strings.Join(s.paths(k.attributes, s.explicit), "; "))
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(s.block.name), "More than one kind of credentials of "+s.block.service, b.String())}
}

// paths are those of the attributes that are given.
func (s *settings) paths(attributes []string, given func(string) bool) []string {
	var paths []string
	for _, a := range attributes {
		if given(a) {
			paths = append(paths, s.block.path(a))
		}
	}
	return paths
}

// huaweicloudCredentials finds the credentials: what stands in the block, the environment, the
// shared file, and last the metadata service.
func (p *appaccess) huaweicloudCredentials(ctx context.Context, s *settings) (func(credential.IAM) (credential.Source, error), diag.Diagnostics) {
	if diags := validateCredentials(s); diags.HasError() {
		return nil, diags
	}
	given := s.givenSources(s.explicit)
	if len(given) == 0 {
		given = s.givenSources(s.has)
	}
	kind := ""
	if len(given) > 0 {
		kind = given[0].name
	}
	var first credential.Source
	var exchange *credential.OIDC // instead of first
	var agencies []credential.Agency
	switch kind {
	case "a key pair":
		if unset := s.unset("access_key", "secret_key"); len(unset) > 0 {
			return nil, s.missing(unset...)
		}
		keys := credential.Keys{AccessKey: s.get("access_key"), SecretKey: s.get("secret_key"), SecurityToken: s.get("security_token")}
		first = credential.Static(keys, s.keysFrom())
	case "an ID token":
		oidc, diags := s.oidc()
		if diags.HasError() {
			return nil, diags
		}
		exchange = &oidc
		if name := s.get("assume_role_with_oidc.agency_name"); name != "" {
			agencies = append(agencies, credential.Agency{
				Name: name, DomainID: oidc.DomainID, Duration: oidc.Duration, From: s.source("assume_role_with_oidc.agency_name"),
			})
		}
	default:
		profile, found, diags := p.readProfile(s, kind != "")
		switch {
		case diags.HasError():
			return nil, diags
		case found:
			first = credential.Static(profile.Keys, profile.From)
			if profile.Agency.Name != "" {
				agencies = append(agencies, profile.Agency)
			}
		default:
			metadata := credential.Metadata(p.dial)
			if _, err := metadata.Keys(ctx); err != nil {
				return nil, s.noCredentials(err)
			}
			first = metadata
		}
	}
	assumed, diags := s.assumed(kind)
	if diags.HasError() {
		return nil, diags
	}
	agencies = append(agencies, assumed...)
	return func(iam credential.IAM) (credential.Source, error) {
		source, err := first, error(nil)
		if exchange != nil {
			source, err = iam.Exchange(*exchange)
		}
		for _, agency := range agencies {
			if err == nil {
				source, err = iam.Assume(source, agency)
			}
		}
		return source, err
	}, nil
}

// keysFrom tells where a key pair stands.
func (s *settings) keysFrom() string {
	access, secret := s.explicit("access_key"), s.explicit("secret_key")
	from := "from the environment"
	switch {
	case access && secret:
		from = "from the provider block"
	case access || secret:
		from = "from the provider block and the environment"
	}
	var names []string
	for _, a := range []string{"access_key", "secret_key", "security_token"} {
		switch {
		case s.explicit(a):
			names = append(names, s.block.path(a))
		case s.has(a):
			names = append(names, fmt.Sprintf("%s (%s)", s.block.path(a), s.block.text(a).env))
		}
	}
	return from + ": " + strings.Join(names, ", ")
}

func (s *settings) oidc() (credential.OIDC, diag.Diagnostics) {
	const at = "assume_role_with_oidc."
	if !s.has(at+"id_token") && !s.has(at+"id_token_file") {
		s.workloadIdentity(at + "id_token")
	}
	oidc := credential.OIDC{
		Provider: s.get(at + "idp_id"), Token: s.get(at + "id_token"), TokenFile: s.get(at + "id_token_file"),
		DomainID: s.get(at + "domain_id"), Duration: s.duration(at + "duration"),
	}
	// What stands in the block wins over the environment.
	if oidc.Token != "" && oidc.TokenFile != "" && s.explicit(at+"id_token_file") && !s.explicit(at+"id_token") {
		oidc.Token = ""
	}
	oidc.From = s.source(at + "id_token")
	if oidc.Token == "" {
		oidc.From = s.source(at + "id_token_file")
	}
	switch {
	case oidc.Provider == "":
		return oidc, s.missing(at + "idp_id")
	case oidc.Token == "" && oidc.TokenFile == "":
		return oidc, s.missing(at+"id_token", at+"id_token_file")
	case s.explicit(at+"id_token") && s.explicit(at+"id_token_file"):
		return oidc, s.wrong(fmt.Errorf("%s and %s are both set: keep one", s.source(at+"id_token"), s.source(at+"id_token_file")))
	case s.has(at+"agency_name") && oidc.DomainID == "":
		return oidc, s.missing(at + "domain_id")
	}
	return oidc, nil
}

// assumed is the agency of assume_role. Its variables serve assume_role_with_oidc too, and then
// mean that one's agency.
func (s *settings) assumed(kind string) ([]credential.Agency, diag.Diagnostics) {
	const at = "assume_role."
	explicit := slices.ContainsFunc(assumeRole.texts, func(t text) bool { return s.explicit(at + t.name) })
	if !explicit && (kind == "an ID token" || !s.has(at+"agency_name")) {
		return nil, nil
	}
	agency := credential.Agency{
		Name: s.get(at + "agency_name"), DomainName: s.get(at + "domain_name"), DomainID: s.get(at + "domain_id"), Duration: s.duration(at + "duration"),
		From: s.source(at + "agency_name"),
	}
	if s.explicit(at+"domain_name") && !s.explicit(at+"domain_id") {
		agency.DomainID = ""
	}
	switch {
	case agency.Name == "":
		return nil, s.missing(at + "agency_name")
	case agency.DomainName == "" && agency.DomainID == "":
		return nil, s.missing(at+"domain_name", at+"domain_id")
	}
	return []credential.Agency{agency}, nil
}

const defaultConfigFile = "~/.hcloud/config.json"

// readProfile reads the shared file. One that is not there is an error only where it was asked for.
// What the profile holds serves where nothing else is set.
func (p *appaccess) readProfile(s *settings, asked bool) (profile credential.Profile, found bool, diags diag.Diagnostics) {
	file := s.get("shared_config_file")
	if file == "" {
		file = defaultConfigFile
	}
	if below, ok := strings.CutPrefix(file, "~/"); ok {
		home := p.getenv("HOME")
		if home == "" {
			home, _ = os.UserHomeDir()
		}
		file = filepath.Join(home, below)
	}
	profile, err := credential.ReadProfile(file, s.get("profile"))
	if !asked && errors.Is(err, fs.ErrNotExist) {
		return profile, false, nil
	}
	if err == nil && profile.Region != "" && checkRegion(profile.Region) != nil {
		err = fmt.Errorf("the region in profile %s is none", strings.TrimPrefix(profile.From, "from profile "))
	}
	if err != nil {
		at := "shared_config_file"
		if s.has("profile") && !errors.Is(err, fs.ErrNotExist) {
			at = "profile"
		}
		return profile, false, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(s.block.at(at), "No credentials of "+s.block.service,
			fmt.Sprintf("%s: %s.", s.name(at), strings.TrimSuffix(err.Error(), ".")))}
	}
	if named := s.sources([]string{"profile", "shared_config_file"}); named != "" {
		profile.From += " (" + named + ")"
	}
	s.learned = append(s.learned, profile.Keys.AccessKey, profile.Keys.SecretKey, profile.Keys.SecurityToken)
	if !s.has("region") && profile.Region != "" {
		s.texts["region"] = value{text: profile.Region}
	}
	if !s.has("project_id") && !s.has("project_name") && profile.ProjectID != "" {
		s.texts["project_id"] = value{text: profile.ProjectID}
	}
	return profile, true, nil
}

// noCredentials is the error when nothing is given and this is no cloud server.
func (s *settings) noCredentials(err error) diag.Diagnostics {
	required := []string{"access_key", "secret_key"}
	if !s.has("region") {
		required = append([]string{"region"}, required...)
	}
	diags := s.missing(required...)
	return diag.Diagnostics{diag.NewErrorDiagnostic(diags[0].Summary(), diags[0].Detail()+"\n\nIn the place of the keys you may set "+s.name("profile")+
		" or the block "+s.block.path(assumeRoleWithOIDC.name)+". On a cloud server with an agency no keys are needed, but "+err.Error()+".")}
}
