"""The real IDX pairs, where they are at hand."""

from sklimg.table import read_table


def test_fashion_mnist_is_read(shared):
    table = read_table(shared / "fashion-mnist" / "t10k-images-idx3-ubyte.gz")
    assert (len(table), table.spec.side) == (10_000, 28)
    assert sorted(set(table.labels)) == list("0123456789")
