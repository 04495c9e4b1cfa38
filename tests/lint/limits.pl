# SPDX-License-Identifier: Apache-2.0
# Rows of docs/limits.md whose number is not what the code says.
use strict;
use warnings;

my $page = 'docs/limits.md';

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return <$in>;
}

# The number of "2 GiB", "50,000", "(16 * 1024)", "2147483648u".
sub number {
    my ($text) = @_;
    my %unit = (KiB => 1 << 10, MiB => 1 << 20, GiB => 1 << 30);
    $text =~ s/,//g;
    $text =~ s/\b(\d+)[uUlL]+\b/$1/g;
    return $1 * $unit{$2} if $text =~ /^\s*(\d+) (KiB|MiB|GiB)\s*$/;
    return undef if $text !~ /^[\d\s()*+<-]+$/;
    return eval $text;
}

my $conf = slurp('server/base/conf_table.h');
my ($line, $rows) = (0, 0);
for (split /\n/, slurp($page)) {
    $line++;
    next if !/^\|[^|]+\|\s*([^|]+?)\s*\|\s*(.+?)\s*\|$/;
    my ($said, $where) = ($1, $2);
    my $is;
    if ($where =~ /^`(\w+)` in `([\w\/.]+)`$/) {
        my ($name, $file) = ($1, $2);
        ($is) = slurp($file) =~ /^#define $name\s+(.+?)\s*(?:\/\*.*)?$/m;
    } elsif ($where =~ /^setting `(\w+)`$/) {
        ($is) = $conf =~ /\bI\($1,\s*(\d+),/;
    } else {
        next;
    }
    $rows++;
    my ($a, $b) = (number($said), defined $is ? number($is) : undef);
    print "$page:$line: says '$said', ", defined $is ? "the code $is" :
        'the code has no such name', "\n"
        if !defined $a || !defined $b || $a != $b;
}
print "$page:1: no rows\n" if $rows < 10;
