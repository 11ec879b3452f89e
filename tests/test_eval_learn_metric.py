"""The metric: directions in which translations differ count less, and nothing else changes."""

import numpy as np

from eval.learn_metric import learn


def test_what_only_the_language_changes_counts_less() -> None:
    random = np.random.default_rng(0)
    texts = random.normal(size=(400, 6))
    noise = np.array([2, 1, 0.1, 0.1, 0.1, 0.1])
    translations = [(texts + noise * random.normal(size=texts.shape) + offset).astype(np.float32) for offset in (0, 5, -3)]
    metric = learn(translations)
    np.testing.assert_allclose(metric, metric.T, atol=1e-6)
    values = np.linalg.eigvalsh(metric)
    assert 0 < values.min() < values.max() <= 1 + 1e-5
    kept = np.diag(metric)
    assert kept[0] < kept[1] < kept[2:].min()
    np.testing.assert_allclose(learn(translations, 1e9), np.eye(6), atol=1e-4)
