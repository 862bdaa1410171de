// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Switch describes one field of a Switches struct: a question that the vendor leaves open, and the
// answers that the mock can give.
type Switch struct {
	// Name is the field's json name.
	Name string
	// Positions are the values it takes; the first is the default.
	Positions []string
	// Value is the position in force.
	Value string
	// Doc is one sentence for people.
	Doc string
}

// DescribeSwitches lists the fields of a Switches struct, which are of a string type with a tag
// `positions:"default,other"`, or bool, or int. The tag `doc` holds the sentence.
func DescribeSwitches(switches any) []Switch {
	v := reflect.Indirect(reflect.ValueOf(switches))
	var list []Switch
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		s := Switch{Name: name, Doc: field.Tag.Get("doc")}
		switch field.Type.Kind() {
		case reflect.String:
			s.Positions = strings.Split(field.Tag.Get("positions"), ",")
			s.Value = v.Field(i).String()
			if s.Value == "" {
				s.Value = s.Positions[0]
			}
		case reflect.Bool:
			s.Positions = []string{"false", "true"}
			s.Value = strconv.FormatBool(v.Field(i).Bool())
		case reflect.Int:
			s.Positions = []string{"0", "n"}
			s.Value = strconv.FormatInt(v.Field(i).Int(), 10)
		default:
			continue
		}
		list = append(list, s)
	}
	return list
}

// SetSwitch sets one field of the Switches struct that switches points to. An unknown name or
// position is an error that lists the right ones.
func SetSwitch(switches any, name, value string) error {
	v := reflect.ValueOf(switches).Elem()
	var names []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, tag)
		if tag != name {
			continue
		}
		switch field.Type.Kind() {
		case reflect.String:
			positions := strings.Split(field.Tag.Get("positions"), ",")
			if !slices.Contains(positions, value) {
				return fmt.Errorf("switch %s has no position %q; it has %s", name, value, strings.Join(positions, ", "))
			}
			v.Field(i).SetString(value)
		case reflect.Bool:
			b, err := strconv.ParseBool(value)
			if err != nil {
				return fmt.Errorf("switch %s is true or false, not %q", name, value)
			}
			v.Field(i).SetBool(b)
		case reflect.Int:
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return fmt.Errorf("switch %s is a number from 0, not %q", name, value)
			}
			v.Field(i).SetInt(int64(n))
		}
		return nil
	}
	return fmt.Errorf("no switch %q; there are %s", name, strings.Join(names, ", "))
}
