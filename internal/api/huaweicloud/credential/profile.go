// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Profile is what the file of the vendor's CLI holds under one name.
type Profile struct {
	Keys Keys
	// From tells people where it comes from.
	From string
	// Region and ProjectID are "" where the profile has none.
	Region, ProjectID string
	// Agency is assumed with the keys; its name is "" where there is none.
	Agency Agency
}

// stsToken is what a login with single sign-on left in a profile.
type stsToken struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SecurityToken   string `json:"securityToken"`
}

// storedProfile is a profile as the CLI writes it.
type storedProfile struct {
	stsToken

	Name             string `json:"name"`
	Mode             string `json:"mode"`
	Region           string `json:"region"`
	ProjectID        string `json:"projectId"`
	AgencyDomainID   string `json:"agencyDomainId"`
	AgencyDomainName string `json:"agencyDomainName"`
	AgencyName       string `json:"agencyName"`
	SSO              struct {
		Token stsToken `json:"stsToken"`
	} `json:"ssoAuth"`
}

// keyPattern is what an access key looks like. What is encrypted is base64.
var keyPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

const decrypted = "this provider can't read encrypted profiles: write it in plain text with \"hcloud configure set --cli-auth-encrypt=false\", or set access_key and secret_key"

// ReadProfile reads a profile; "" is the one that the CLI uses at present. Its errors repeat
// nothing of the file but the names of profiles.
func ReadProfile(file, name string) (Profile, error) {
	text, err := shared.ReadFile(file)
	if err != nil {
		return Profile{}, err
	}
	var stored struct {
		Current  string          `json:"current"`
		Profiles []storedProfile `json:"profiles"`
	}
	if err := json.Unmarshal(text, &stored); err != nil {
		if json.Valid(text) {
			return Profile{}, fmt.Errorf("%s is not a file of the vendor's CLI", file)
		}
		return Profile{}, fmt.Errorf("%s is not JSON. If it is encrypted, %s", file, decrypted)
	}
	wanted := name
	if wanted == "" {
		if wanted = stored.Current; wanted == "" {
			return Profile{}, fmt.Errorf("%s names no current profile: set profile", file)
		}
	}
	var names []string
	for _, p := range stored.Profiles {
		names = append(names, p.Name)
	}
	i := slices.Index(names, wanted)
	switch {
	case len(names) == 0:
		return Profile{}, fmt.Errorf("%s holds no profiles", file)
	case i < 0:
		return Profile{}, fmt.Errorf("%s holds no profile of that name. It has %s", file, strings.Join(names[:min(len(names), 10)], ", "))
	}
	profile, err := stored.Profiles[i].read()
	if err != nil {
		return Profile{}, fmt.Errorf("profile %s in %s: %w", wanted, file, err)
	}
	profile.From = fmt.Sprintf("from profile %s in %s", wanted, file)
	return profile, nil
}

func (p storedProfile) read() (Profile, error) {
	token := p.stsToken
	sso := strings.EqualFold(p.Mode, "SSO")
	if sso {
		token = p.SSO.Token
	}
	keys := Keys{AccessKey: strings.TrimSpace(token.AccessKeyID), SecretKey: strings.TrimSpace(token.SecretAccessKey), SecurityToken: strings.TrimSpace(token.SecurityToken)}
	switch {
	case sso && (keys.AccessKey == "" || keys.SecretKey == "" || keys.SecurityToken == ""):
		return Profile{}, errors.New("it has no login at present: log in with \"hcloud configure sso\"")
	case keys.AccessKey == "" || keys.SecretKey == "":
		return Profile{}, fmt.Errorf("it holds no access key and secret key (its mode is %q, and only profiles with keys, an agency or single sign-on can be used)", p.Mode)
	case !keyPattern.MatchString(keys.AccessKey):
		return Profile{}, errors.New("its access key is not in plain text; " + decrypted)
	}
	profile := Profile{Keys: keys, Region: p.Region, ProjectID: p.ProjectID}
	if p.AgencyName != "" {
		if p.AgencyDomainID == "" && p.AgencyDomainName == "" {
			return Profile{}, errors.New("it names an agency without agencyDomainName or agencyDomainId")
		}
		profile.Agency = Agency{Name: p.AgencyName, DomainID: p.AgencyDomainID, DomainName: p.AgencyDomainName}
	}
	return profile, nil
}
