"""A multi-layer perceptron that says what happens in each epoch of its training.

It stands beside scikit-learn's: a subclass with the same parameters, attributes and
first weights, trained in float32 by steps that allocate nothing, on two threads
where that is worth it.

Floor 2: an estimator; reads and writes nothing.
"""

import numpy as np
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier as _PlainMLPClassifier
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sklimg.errors import UsageError
from sklimg.mlpinputs import checked_rows, checked_watch, encoded_rows, held_back, row_weights
from sklimg.mlpparams import mlp_params
from sklimg.mlpstate import begin_training, train_on
from sklimg.networks import forward, probabilities
from sklimg.plainmlp import SHARED, epoch_copy, fit_plain, plain_copy, take_fitted

__all__ = ["MLPClassifier"]


class MLPClassifier(_PlainMLPClassifier):
    """Multi-layer perceptron with dropout, held-back rows and a history.

    The parameters and attributes of scikit-learn's ``MLPClassifier`` mean here what
    they mean there, and with the same seed the first weights and the order of rows
    are the same. One label a row; two classes share one output.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
    activation : {"identity", "logistic", "tanh", "relu"}, default="relu"
    solver : {"adam", "nadam", "sgd", "rmsprop", "lbfgs"}, default="adam"
        "lbfgs" is scikit-learn's own; it has no epochs, and no dropout, smoothing or
        early stopping.
    alpha : float, default=0.0001
        Strength of the L2 penalty.
    batch_size : int or "auto", default="auto"
        Rows of a step, cut to the data; "auto" is 200.
    learning_rate : {"constant", "invscaling", "adaptive", "one-cycle"}
        See `sklimg.schedules.Schedule`; for all solvers but lbfgs. By default
        "constant".
    learning_rate_init : float, default=0.001
    power_t : float, default=0.5
        Exponent of "invscaling".
    max_iter : int, default=200
        Epochs at most; a cycle's length.
    shuffle : bool, default=True
    random_state : int, RandomState or None, default=None
    tol : float, default=1e-4
        A loss or accuracy that improves by less stands still.
    verbose : bool, default=False
    warm_start : bool, default=False
        Whether `fit` goes on from where the last one ended.
    momentum : float, default=0.9
        Of sgd.
    nesterovs_momentum : bool, default=True
    early_stopping : bool, default=False
        Whether held-back rows decide when to stop, and which epoch is kept.
    validation_fraction : float, default=0.1
        Share of each class's groups held back if no validation data are given.
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Of adam and nadam; epsilon of rmsprop, too.
    n_iter_no_change : int, default=10
        Epochs of standing still that are waited for.
    max_fun : int, default=15000
        Of lbfgs.
    dropout : float or sequence of float, default=0.0
        Share of units that are silent, of all hidden layers or of each.
    class_weight : dict, "balanced" or None, default=None
    label_smoothing : float, default=0.0
        Share of each label spread over all classes.
    monitor : {"loss", "accuracy"}, default="loss"
        What early stopping looks at.
    rho : float, default=0.99
        Memory of rmsprop.
    dtype : {"float32", "float64"}, default="float32"
    n_jobs : {1, 2, -1} or None, default=None
        Threads at most; None and -1 choose by the sizes of layers and batch, never by what else
        runs, so that results repeat.

    Attributes
    ----------
    history_ : dict of str to list
        ``epoch``, ``loss``, ``accuracy``, ``validation_loss``, ``validation_accuracy``
        (NaN without such rows), ``learning_rate`` and ``epoch_seconds``; training
        values are taken while the epoch goes on, with dropout. The loss is the
        cross-entropy; ``loss_curve_`` has smoothing and penalty in it.
    best_epoch_ : int
        The epoch whose weights are kept.
    stop_reason_ : {"max_iter", "no_improvement", "diverged", "interrupted"}
    held_back_ : ndarray of int or None
        Rows that early stopping held back.
    coefs_, intercepts_, classes_, n_iter_, loss_, loss_curve_, best_loss_, t_
        As of scikit-learn, and so ``validation_scores_``, ``best_validation_score_``,
        ``n_layers_``, ``n_outputs_``, ``out_activation_`` and ``n_features_in_``.

    Notes
    -----
    A fit holds, beside X, five times the parameters (with their gradient, the two
    averages of adam, and the best epoch's) and, for each row of a batch, two to four
    values a unit: 17 MB for 784 inputs, layers of 600 and 300, and batches of 200. X
    is copied only if it is of another dtype or order.

    Examples
    --------
    >>> X = np.repeat(np.eye(3), 20, axis=0)
    >>> y = np.repeat(["a", "b", "c"], 20)
    >>> model = MLPClassifier(random_state=0, learning_rate_init=0.01).fit(X, y)
    >>> model.predict(np.eye(3)).tolist()
    ['a', 'b', 'c']
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        dropout=0.0,
        class_weight=None,
        label_smoothing=0.0,
        monitor="loss",
        rho=0.99,
        dtype="float32",
        n_jobs=None,
    ):
        given = dict(locals())
        super().__init__(**{name: given[name] for name in SHARED})
        self.dropout = dropout
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.monitor = monitor
        self.rho = rho
        self.dtype = dtype
        self.n_jobs = n_jobs

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        groups=None,
        validation_data=None,
        keep_epochs=(),
        tell_epoch=None,
    ):
        """Train on rows of pixels or features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of any kind.
        sample_weight : array-like of shape (n_samples,), optional
            Rows of weight 0 are left out.
        groups : array-like of shape (n_samples,), optional
            Rows that early stopping keeps on one side.
        validation_data : tuple of X and y, optional
            Rows that are watched in each epoch and, with ``early_stopping``, decide;
            without them, it holds back a share of the rows.
        keep_epochs : collection of int, default=()
            Epochs that `at_epoch` can go back to.
        tell_epoch : callable, optional
            Called after each epoch with its values of `history_`.

        Returns
        -------
        self : MLPClassifier

        Raises
        ------
        DataError, ValueError
            If the rows cannot be learned from, or the first epoch diverges.
        UsageError
            For a parameter of no use.
        """
        params = mlp_params(self)
        goes_on = self.warm_start and hasattr(self, "coefs_")
        X, y = checked_rows(self, X, y, is_first=not goes_on)
        if self.solver == "lbfgs":
            return fit_plain(self, X, y, row_weights(self, y, sample_weight))
        weights = row_weights(self, y, sample_weight)
        index = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
        start = begin_training(self, y[index], X.shape[1], params, goes_on)
        start.training.begin(params)
        watching = self.held_back_ = None
        if validation_data is not None:
            X_held, y_held = checked_watch(self, validation_data)
            weights_held = row_weights(self, y_held, None, like=y[index])
            watching = encoded_rows(start.classes, X_held, y_held, weights_held)
        elif self.early_stopping:
            rng = np.random.default_rng(start.training.random.randint(2**31 - 1))
            index, held = held_back(y, groups, index, self.validation_fraction, rng)
            watching, self.held_back_ = encoded_rows(start.classes, X, y, weights, held), held
        rows = encoded_rows(start.classes, X, y, weights, index)
        how = {"keep_epochs": keep_epochs, "tell_epoch": tell_epoch}
        return train_on(self, start, rows, watching, params, self.max_iter, True, **how)

    @available_if(lambda self: self.solver != "lbfgs")
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one more epoch, on these rows; a cycle's rate is then the highest.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            A class that is new gets an output of its own.
        sample_weight : array-like of shape (n_samples,), optional
        classes : array-like of shape (n_classes,), optional
            Classes that may come later; needed in the first call only if *y* holds
            a single one.

        Returns
        -------
        self : MLPClassifier
        """
        params = mlp_params(self)
        goes_on = hasattr(self, "coefs_")
        if self.class_weight == "balanced":
            raise UsageError("class_weight: 'balanced' is not known of rows that come in parts")
        X, y = checked_rows(self, X, y, is_first=not goes_on)
        weights = row_weights(self, y, sample_weight)
        known = y if classes is None else np.union1d(y, classes)
        start = begin_training(self, known, X.shape[1], params, goes_on)
        rows = encoded_rows(start.classes, X, y, weights)
        return train_on(self, start, rows, None, params, 1, in_cycle=False)

    def predict_proba(self, X):
        """Return the probability of each class, of shape (n_samples, n_classes)."""
        check_is_fitted(self, "coefs_")
        X = validate_data(self, X, dtype=(np.float32, np.float64), order="C", reset=False)
        coefs, intercepts = self.coefs_, self.intercepts_
        return probabilities(forward(X, coefs, intercepts, self.activation))

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class."""
        return np.log(self.predict_proba(X))

    def predict(self, X):
        """Return the most probable class of each row, of shape (n_samples,)."""
        check_is_fitted(self, "coefs_")
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def to_sklearn(self):
        """Return scikit-learn's MLPClassifier with the same weights and answers."""
        check_is_fitted(self, "coefs_")
        return plain_copy(self)

    def at_epoch(self, epoch):
        """Return a copy with the weights and answers of ``max_iter=epoch``."""
        check_is_fitted(self, "coefs_")
        return epoch_copy(self, epoch)

    def without_history(self):
        """Return a copy that answers alike and holds neither times nor an optimiser's state."""
        check_is_fitted(self, "coefs_")
        model = clone(self)
        take_fitted(model, self)
        return model

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = False
        tags.input_tags.sparse = False
        return tags
