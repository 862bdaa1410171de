// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// The checks below are used twice: by the schema for what stands in the configuration, and when a
// service is opened for what comes from the environment. None of them repeats the value: a secret
// that got into the wrong place is one that nobody knows as a secret.

// checkDuration reads a length of time, which must be longer than none.
func checkDuration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		return 0, errors.New("it is not a length of time: write a number with a unit, such as \"90s\" or \"2m\"")
	case d <= 0:
		return 0, errors.New("it is not longer than nothing: write a positive length of time, such as \"90s\"")
	}
	return d, nil
}

func checkURL(value string) error {
	_, err := rest.CheckURL(value)
	return err
}

// checkCertificates wants PEM text that holds certificates and nothing else.
func checkCertificates(value string) error {
	left, found := []byte(value), 0
	for {
		var b *pem.Block
		if b, left = pem.Decode(left); b == nil {
			break
		}
		if b.Type != "CERTIFICATE" {
			return fmt.Errorf("it holds a PEM block of type %q, and only CERTIFICATE belongs here", b.Type)
		}
		if _, err := x509.ParseCertificate(b.Bytes); err != nil {
			return fmt.Errorf("certificate %d can't be read: %w", found+1, err)
		}
		found++
	}
	switch {
	case found == 0:
		return errors.New("it holds no PEM certificate: give the text itself, which begins with -----BEGIN CERTIFICATE-----, " +
			"for example with the function file()")
	case strings.Contains(string(left), "-----BEGIN"):
		return fmt.Errorf("the text after certificate %d is broken: a block begins and never ends", found)
	}
	return nil
}

// checkKey wants PEM text that holds a private key, encrypted or not.
func checkKey(value string) error {
	left := []byte(value)
	for {
		var b *pem.Block
		if b, left = pem.Decode(left); b == nil {
			return errors.New("it holds no PEM private key: give the text itself, which begins with -----BEGIN PRIVATE KEY----- " +
				"or similar, for example with the function file()")
		}
		if strings.HasSuffix(b.Type, "PRIVATE KEY") {
			return nil
		}
	}
}

var (
	labelPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	cloudPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
)

// Region and cloud become parts of host names, to which credentials are sent: they must not smuggle
// in another host.

func checkRegion(value string) error {
	if !labelPattern.MatchString(value) {
		return errors.New("it is not the name of a region, such as \"ap-southeast-3\"")
	}
	return nil
}

func checkCloud(value string) error {
	if !cloudPattern.MatchString(value) || strings.Contains(value, "..") {
		return errors.New("it is not a domain, such as \"myhuaweicloud.com\"")
	}
	return nil
}

// providerPattern is what the ID of an identity provider looks like. A token, which people put in
// its place, has full stops.
var providerPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func checkIdentityProvider(value string) error {
	if !providerPattern.MatchString(value) {
		return errors.New("it is not the ID of an identity provider, which has at most 64 letters, digits, hyphens and underscores")
	}
	return nil
}

// check makes one of the functions above a validator of the schema. Null, unknown and empty values
// pass: an empty string counts as not set.
type check struct {
	wants string
	check func(string) error
}

func (c check) Description(context.Context) string         { return c.wants }
func (c check) MarkdownDescription(context.Context) string { return c.wants }

func (c check) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || req.ConfigValue.ValueString() == "" {
		return
	}
	if err := c.check(strings.TrimSpace(req.ConfigValue.ValueString())); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid provider configuration", invalid(req.Path.String(), err))
	}
}

// invalid is the text of an error in one attribute. where names the attribute, and the environment
// variable if the value came from there.
func invalid(where string, err error) string {
	return fmt.Sprintf("%s: %s.", where, strings.TrimSuffix(err.Error(), "."))
}

var (
	isDuration = check{"a length of time, such as 90s", func(v string) error {
		_, err := checkDuration(v)
		return err
	}}
	isURL          = check{"an absolute URL: https, or http for a loopback address", checkURL}
	isCertificates = check{"one or more certificates as PEM text", checkCertificates}
	isKey          = check{"a private key as PEM text", checkKey}
	isRegion       = check{"the name of a region", checkRegion}
	isCloud        = check{"a domain", checkCloud}
	isIDP          = check{"the ID of an identity provider", checkIdentityProvider}
)
