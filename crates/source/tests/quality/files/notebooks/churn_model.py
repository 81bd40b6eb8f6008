# %% [markdown]
# # Customer churn
# Which customers are going to leave in the next three months?

# %%
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

pd.set_option("display.width", 120)

# %%
df = pd.read_csv("data/customers.csv", parse_dates=["signup", "last_login"])
df["tenure"] = (pd.Timestamp("2024-01-01") - df["signup"]).dt.days
df["idle"] = (pd.Timestamp("2024-01-01") - df["last_login"]).dt.days
df.head()

# %% [markdown]
# ## Cleaning

# %%
def clean_plan(value):
    value = str(value).strip().lower()
    if value in ("", "nan", "none"):
        return "free"
    return value.replace("-", "_")


def missing_share(frame):
    shares = {}
    for column in frame.columns:  # loop: yes
        shares[column] = frame[column].isna().mean()
    return pd.Series(shares).sort_values(ascending=False)


df["plan"] = [clean_plan(p) for p in df["plan"]]  # loop: yes
missing_share(df)

# %%
numeric = ["tenure", "idle", "logins", "tickets", "monthly_fee"]
categories = ["plan", "country"]
for column in numeric:  # loop: yes
    df[column] = df[column].fillna(df[column].median())
df["country"] = df["country"].fillna("unknown")

X = df[numeric + categories]
y = df["churned"].astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=7)

# %% [markdown]
# ## First models

# %%
def make_model(classifier):
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), categories),
        remainder="passthrough",
    )
    return make_pipeline(encoder, classifier)


def fit_and_score(classifier):
    model = make_model(classifier)
    model.fit(X_train, y_train)
    return roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])


candidates = {
    "forest": RandomForestClassifier(n_estimators=400, random_state=7, n_jobs=-1),
    "boosting": GradientBoostingClassifier(random_state=7),
}

scores = {}
for name, classifier in candidates.items():  # loop: yes
    scores[name] = fit_and_score(classifier)
    print(name, round(scores[name], 4))

# %% [markdown]
# ## Tuning

# %%
grid = GridSearchCV(
    make_model(GradientBoostingClassifier(random_state=7)),
    {
        "gradientboostingclassifier__n_estimators": [100, 200, 400],
        "gradientboostingclassifier__max_depth": [2, 3, 4],
    },
    scoring="roc_auc",
    cv=5,
    n_jobs=-1,
)
grid.fit(X_train, y_train)
print(grid.best_params_, grid.best_score_)

# %%
best = grid.best_estimator_
importance = permutation_importance(best, X_test, y_test, n_repeats=10, random_state=7, n_jobs=2)
pd.Series(importance.importances_mean, index=X_test.columns).sort_values()

# %% [markdown]
# ## Who should be called?
# We walk from the most endangered customer downwards until the budget is spent.

# %%
test = X_test.copy()
test["risk"] = best.predict_proba(X_test)[:, 1]
test = test.sort_values("risk", ascending=False)

budget = 500.0
to_call = []
for row in test.itertuples():  # loop: no budget
    cost = 4.0 if row.plan == "free" else 9.0
    if cost > budget:
        continue
    budget -= cost
    to_call.append(row.Index)
print(len(to_call), "customers,", budget, "left")

# %%
for plan, part in test.groupby("plan"):  # loop: yes
    part.to_csv(f"out/risk_{plan}.csv", index=False)
np.save("out/to_call.npy", np.array(to_call))
