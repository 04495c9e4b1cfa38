# SPDX-License-Identifier: Apache-2.0
# Keys that only one of two catalogs has, places ({name}) that differ, and long
# words that were left in the other's language.
use strict;
use warnings;
use JSON::PP;

my ($first, $second, $excused) = @ARGV;
my %same;
if (open my $in, '<', $excused) {
    while (<$in>) { $same{$1} = 1 if /^same (\S+)/ }
}

sub flat {
    my ($at, $value, $to) = @_;
    if (ref $value eq 'HASH') {
        flat($at eq '' ? $_ : "$at.$_", $value->{$_}, $to) for keys %$value;
    } elsif (ref $value eq 'ARRAY') {
        flat("$at.$_", $value->[$_], $to) for 0 .. $#$value;
    } else {
        $to->{$at} = $value;
    }
}

sub catalog {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    my %keys;
    flat('', JSON::PP->new->utf8->decode(<$in>), \%keys);
    return \%keys;
}

sub places {
    my ($text) = @_;
    return join ' ', sort $text =~ /\{(\w+)\}/g;
}

my ($en, $es) = (catalog($first), catalog($second));
for my $key (sort keys %$en) {
    if (!exists $es->{$key}) {
        print "$second:1: no $key\n";
        next;
    }
    print "$second:1: $key has other places than in $first\n"
        if places($en->{$key}) ne places($es->{$key});
    print "$second:1: $key is empty\n"
        if $en->{$key} ne '' && $es->{$key} eq '';
    print "$second:1: $key is still in English\n"
        if !$same{$key} && $en->{$key} eq $es->{$key} &&
           length $en->{$key} > 20 && $en->{$key} =~ /[a-z]+ [a-z]+/;
}
for my $key (sort keys %$es) {
    print "$first:1: no $key\n" if !exists $en->{$key};
}
