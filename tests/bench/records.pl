#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The slow reader of whole records, which knows nothing of the product: LSE
# text in, lines out: ESI ID, records, and two sums of 40 bits each of their
# digests (MD5).
#
#   records.pl [FILE…]
#
# A record is everything from its first header row to the last interval, as
# written, so whatever is altered, left out, or put to another ESI ID, day,
# interval or status gives other sums; the order of records does not matter.
# Of neighbours with one ESI ID there is one line; `records_sum` in
# parts/input.sh adds up the rest.
use strict;
use warnings;
use Digest::MD5 qw(md5);

my ($id, $n, $x, $y) = ('', 0, 0, 0);
sub ended { print "$id $n $x $y\n" if $n; }

$/ = "\n00000001,";
while (my $record = <>) {
    chomp $record;
    $record =~ s/\A00000001,//; # of the first one of a file
    $record =~ s/\n\z//;        # of the last one
    my $of = substr($record, 0, index($record, ','));
    if ($of ne $id) {
        ended();
        ($id, $n, $x, $y) = ($of, 0, 0, 0);
    }
    my ($a, $b, $c, $d) = unpack 'NCNC', md5($record);
    $n++;
    $x += $a * 256 + $b;
    $y += $c * 256 + $d;
}
ended();
